// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Keeps what is meant for a devnet on one.
library Devnet {
    /// @dev Chain id of a local development chain.
    uint256 internal constant CHAIN_ID = 31337;

    /// @notice This contract is for a devnet and refuses every other chain.
    error NotADevnet(uint256 chainId, uint256 devnetChainId);

    /// @notice Reverts by name on any chain but a devnet.
    function requireHere() internal view {
        require(block.chainid == CHAIN_ID, NotADevnet(block.chainid, CHAIN_ID));
    }
}
