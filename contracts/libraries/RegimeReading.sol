// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Regime} from "../types/Regime.sol";

/// @notice Reads a regime from an oracle that may be dead or hostile: whatever it does, there is an answer.
/// @dev `try/catch` would not do: it does not catch an answer that fails to decode, and without a limit a callee can
/// burn 63/64 of the gas. A caller who starves the call of gas gets the strictest answer, never a milder one.
/// @custom:invariant INV-REGIME-1 An oracle that reverts, burns gas, lies about its type or is gone reads as STRESSED
/// and stale; reading never reverts and costs at most ORACLE_GAS and a small constant.
library RegimeReading {
    /* CONSTANTS */

    /// @dev What an oracle may spend, in gas: some forty cold storage reads.
    uint256 internal constant ORACLE_GAS = 100_000;

    /// @dev Selector of `IRegimeOracle.regime()`: a library may not import the interface.
    bytes4 internal constant REGIME_SELECTOR = bytes4(keccak256("regime()"));

    /* INTERNAL */

    /// @notice The regime now.
    /// @return regime STRESSED whenever `stale`.
    /// @return stale Whether the oracle is silent or says that its answer is old.
    function read(address oracle) internal view returns (Regime regime, bool stale) {
        bytes4 selector = REGIME_SELECTOR;
        uint256 gasLimit = ORACLE_GAS;
        bool answered;
        uint256 regimeWord;
        uint256 staleWord;
        // Assembly bounds what is copied from the callee. Memory-safe: only the scratch space (0x00-0x3f) is written.
        assembly ("memory-safe") {
            mstore(0x00, selector)
            answered := staticcall(gasLimit, oracle, 0x00, 0x04, 0x00, 0x40)
            answered := and(answered, iszero(lt(returndatasize(), 0x40)))
            regimeWord := mload(0x00)
            staleWord := mload(0x20)
        }
        // Any word but a clean `false` is stale, any word past the enum is no regime.
        if (!answered || staleWord != 0 || regimeWord > uint256(type(Regime).max)) return (Regime.STRESSED, true);
        return (Regime(regimeWord), false);
    }
}
