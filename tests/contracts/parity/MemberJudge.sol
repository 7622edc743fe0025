// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MemberSets} from "../../../contracts/libraries/MemberSets.sol";

/// @notice The library's judgement of approvals by a set that nobody found sound: a set of one member shows how that
/// member's signature is read.
contract MemberJudge {
    function judge(bytes calldata set, bytes calldata approvals, bytes32 digest, uint256 weight) external view {
        MemberSets.requireApproved(set, approvals, digest, weight, 0);
    }
}
