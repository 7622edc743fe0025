// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ActionClass} from "../types/ActionClass.sol";
import {Call, Operation} from "../types/Operation.sol";
import {GuardianSet} from "./GuardianSet.sol";
import {MemberSets} from "./MemberSets.sol";

/// @notice What an operation may call: what could never be executed is refused before anyone waits for it.
/// @dev Runs in the authority, which is `address(this)`.
library OperationCalls {
    /* CONSTANTS */

    uint256 internal constant MAX_CALLS = 16;

    uint256 private constant SELECTOR_BYTES = 4;

    /// @dev Selectors of the authority's own two functions: a library may not import the interface.
    bytes4 internal constant CHANGE_MEMBERS = bytes4(keccak256("changeMembers(bytes)"));
    bytes4 internal constant CHANGE_GUARDIANS = bytes4(keccak256("changeGuardians(address[])"));

    /* ERRORS */

    /// @notice An operation makes between one and `most` calls.
    error WrongCallCount(uint256 given, uint256 most);

    /// @notice Calls to the authority itself are of another class than calls to others: not in one operation.
    error MixedTargets(uint256 index);

    /// @notice The operation's calls are of another class.
    error WrongClass(ActionClass given, ActionClass required);

    /// @notice There is no contract that could take this call's data.
    error TargetWithoutCode(uint256 index, address target);

    /// @notice An operation may call `changeMembers` and `changeGuardians` on the authority, without ether, and
    /// nothing else.
    error UnknownOwnCall(uint256 index, bytes4 selector);

    /* INTERNAL */

    /// @notice Returns if the operation's class is that of its calls and each could be made, reverts by name if not.
    function requireFinishable(Operation calldata operation) internal view {
        uint256 count = operation.calls.length;
        require(count != 0 && count <= MAX_CALLS, WrongCallCount(count, MAX_CALLS));
        bool own = operation.calls[0].target == address(this);
        ActionClass required = own ? ActionClass.D : ActionClass.C;
        require(operation.class == required, WrongClass(operation.class, required));
        for (uint256 i = 0; i < count; ++i) {
            Call calldata call = operation.calls[i];
            require((call.target == address(this)) == own, MixedTargets(i));
            if (own) _requireOwnCall(call, i);
            else requireTakesData(call, i);
        }
    }

    /// @notice Returns if something is there to take the call's data, reverts by name if not.
    /// @dev A call with data to an address without code succeeds, and does nothing.
    function requireTakesData(Call calldata call, uint256 index) internal view {
        bool takes = call.data.length == 0 || call.target.code.length != 0;
        require(takes, TargetWithoutCode(index, call.target));
    }

    /* PRIVATE */

    /// @dev Arguments are checked here and not when they take effect: what is sound stays so, and a member whose code
    /// has changed meanwhile must not be able to stop the change that others waited for.
    function _requireOwnCall(Call calldata call, uint256 index) private view {
        bytes4 selector = bytes4(call.data);
        if (call.value == 0 && selector == CHANGE_MEMBERS) {
            MemberSets.requireSound(abi.decode(call.data[SELECTOR_BYTES:], (bytes)));
        } else if (call.value == 0 && selector == CHANGE_GUARDIANS) {
            GuardianSet.requireSound(abi.decode(call.data[SELECTOR_BYTES:], (address[])));
        } else {
            revert UnknownOwnCall(index, selector);
        }
    }
}
