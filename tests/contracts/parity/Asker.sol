// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Asks one contract many things in one call, and tells each answer or refusal as it came.
contract Asker {
    struct Answer {
        bool success;
        bytes data;
    }

    function ask(address target, bytes[] calldata calls) external view returns (Answer[] memory answers) {
        answers = new Answer[](calls.length);
        for (uint256 i = 0; i < calls.length; ++i) {
            (answers[i].success, answers[i].data) = target.staticcall(calls[i]);
        }
    }
}
