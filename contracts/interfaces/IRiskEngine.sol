// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Table} from "../types/Table.sol";
import {IVolatilityOracle} from "./IVolatilityOracle.sol";

/// @notice Says what a lot of an instrument is worth and requires now. Pure numbers: it holds nothing and decides
/// nothing.
interface IRiskEngine {
    /* ERRORS */

    /// @notice There is no contract at an address the engine depends on.
    error NotAContract(address given);

    /// @notice There is no instrument of this number.
    error UnknownInstrument(uint16 instrument);

    /* EXTERNAL */

    /// @notice Marks and margins of an instrument, from the rounds the oracle has consumed.
    /// @param instrument Its number; 0 is the perpetual.
    function table(uint16 instrument) external view returns (Table memory);

    /// @notice The tables of all instruments: `tables()[i]` is that of instrument i.
    function tables() external view returns (Table[] memory);

    /// @notice Where prices and rates come from.
    function oracle() external view returns (IVolatilityOracle);
}
