// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MultisigAuthority} from "../../contracts/MultisigAuthority.sol";
import {IRegimeOracle} from "../../contracts/interfaces/IRegimeOracle.sol";
import {TestMember, TestMembers} from "./TestMembers.sol";

/// @notice The people beside a vault or a venue: five accounts, low 3, high 4; three guardians.
abstract contract PeopleFixture {
    uint8 internal constant PEOPLE_LOW = 3;
    uint8 internal constant PEOPLE_HIGH = 4;

    address internal constant GUARDIAN = address(0x600D01);
    address internal constant GUARDIAN_2 = address(0x600D02);
    address internal constant GUARDIAN_3 = address(0x600D03);

    uint256 private constant FIRST_SECRET = 0x9E091E;

    MultisigAuthority internal people;

    function deployPeople(IRegimeOracle oracle) internal {
        address[] memory guardians = new address[](3);
        (guardians[0], guardians[1], guardians[2]) = (GUARDIAN, GUARDIAN_2, GUARDIAN_3);
        people = new MultisigAuthority(peopleSet(), guardians, oracle);
    }

    function peopleSet() internal pure returns (bytes memory) {
        return TestMembers.encode(_persons(), PEOPLE_LOW, PEOPLE_HIGH, 0);
    }

    /// @dev What the people answer to `authorize` with: the first `count` of them sign.
    function peopleProof(bytes32 digest, uint256 count) internal returns (bytes memory) {
        bytes memory set = peopleSet();
        return abi.encodePacked(uint16(set.length), set, peopleApprovals(digest, count));
    }

    /// @dev The first `count` of them sign.
    function peopleApprovals(bytes32 digest, uint256 count) internal returns (bytes memory) {
        return TestMembers.approve(_persons(), (1 << count) - 1, digest);
    }

    function _persons() private pure returns (TestMember[] memory five) {
        five = new TestMember[](5);
        for (uint256 i = 0; i < 5; ++i) {
            five[i] = TestMembers.account(FIRST_SECRET + i);
        }
        TestMembers.sort(five);
    }
}
