// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Regime} from "../types/Regime.sol";

/// @notice Says how volatile the market is.
/// @dev TRUST: its answer chooses a row of a fixed table and nothing else. Silence, a malformed answer and an answer
/// that costs more than 100,000 gas are read as STRESSED and stale.
interface IRegimeOracle {
    /// @notice The regime now.
    /// @return regime The regime of the newest observations.
    /// @return stale Whether they are too old to be believed; the regime then counts as STRESSED.
    function regime() external view returns (Regime regime, bool stale);
}
