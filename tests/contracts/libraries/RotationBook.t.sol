// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RotationBook} from "../../../contracts/libraries/RotationBook.sol";
import {OperationState} from "../../../contracts/types/Operation.sol";
import {vm} from "../Vm.sol";

contract GivenABookOfRotations {
    using RotationBook for RotationBook.Book;

    uint256 private constant START = 1_800_000_000;

    RotationBook.Book private _book;

    function setUp() external {
        vm.warp(START);
    }

    /// @dev The contract's own table never asks for less: the floor is for whoever else keeps a book.
    /// @custom:invariant INV-ROTATE-2
    function testFuzz_WhenAnyDelayIsAsked_ThenItIsReadyAfterThatButNotBefore48Hours(uint24 delay, uint24 waited)
        external
    {
        RotationBook.Named memory rotation = RotationBook.Named(keccak256("digest"), keccak256("content"), 2);
        _book.accept(rotation, false);
        vm.warp(START + waited);
        bool ready = waited >= delay && waited >= 48 hours && waited <= 14 days;
        bool lapsed = waited > 14 days;
        OperationState state = _book.stateOf(rotation, 1, START, delay);
        OperationState other = lapsed ? OperationState.Lapsed : OperationState.Waiting;
        vm.assertEq(uint256(state), uint256(ready ? OperationState.Ready : other), "state");
    }
}
