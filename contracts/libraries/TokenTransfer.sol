// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice A transfer that answers whether it succeeded, so that one refused recipient does not stop the others.
/// @dev OpenZeppelin's `trySafeTransfer` passes on all gas: whoever brings a batch could leave so little that transfers
/// fail which would have succeeded, and a recipient that is called could burn what the others need.
/// @custom:invariant INV-BATCH-1 A transfer is called failed only after it had TRANSFER_GAS to spend, and spends no more.
library TokenTransfer {
    /* CONSTANTS */

    /// @dev What one transfer may spend, in gas: twice what the dearest tokens in use do; 64 fit a transaction.
    uint256 internal constant TRANSFER_GAS = 150_000;

    /// @dev A call gets at most 63 of 64 parts of the gas left; the rest is for what precedes the call.
    uint256 internal constant GAS_BEFORE = TRANSFER_GAS * 64 / 63 + 10_000;

    /* ERRORS */

    /// @notice The call was given too little gas to tell a refusal from starvation.
    error TooLittleGas(uint256 given, uint256 needed);

    /* INTERNAL */

    /// @notice Whether `amount` went to `to`: the call succeeded and answered nothing, or true.
    /// @param token Known to have code.
    function attempt(IERC20 token, address to, uint256 amount) internal returns (bool sent) {
        require(gasleft() >= GAS_BEFORE, TooLittleGas(gasleft(), GAS_BEFORE));
        bytes memory data = abi.encodeCall(IERC20.transfer, (to, amount));
        uint256 gasLimit = TRANSFER_GAS;
        // Assembly bounds what is copied from the callee. Memory-safe: only the scratch space is written.
        assembly ("memory-safe") {
            sent := call(gasLimit, token, 0, add(data, 0x20), mload(data), 0x00, 0x20)
            let answered := and(gt(returndatasize(), 0x1f), eq(mload(0x00), 1))
            sent := and(sent, or(iszero(returndatasize()), answered))
        }
    }
}
