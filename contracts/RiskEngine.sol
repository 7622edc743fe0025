// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IRiskEngine} from "./interfaces/IRiskEngine.sol";
import {IVolatilityOracle} from "./interfaces/IVolatilityOracle.sol";
import {Table} from "./types/Table.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @notice Makes an instrument's table of margins from the oracle's reading.
/// @dev TRUST: `oracle` for price and rates; no caller, as everything is a view.
/// @custom:invariant INV-RISK-1 mm == ceil(P*u/1e6), im == ceil(3*P*uI/2e6), hard == ceil(P*uHard/1e6), at both prices.
contract RiskEngine is IRiskEngine {
    using SafeCast for uint256;

    /* CONSTANTS */

    /// @notice The perpetual's number.
    uint16 public constant PERPETUAL = 0;

    uint256 private constant INSTRUMENTS = 1;

    /// @dev One whole, in parts per million.
    uint256 private constant WHOLE = 1_000_000;

    /// @dev Initial margin is this many halves of its rate.
    uint256 private constant INITIAL_HALVES = 3;

    /* IMMUTABLES */

    /// @inheritdoc IRiskEngine
    IVolatilityOracle public immutable oracle;

    /* CONSTRUCTOR */

    /// @param oracle_ Where prices and rates come from, for ever.
    constructor(IVolatilityOracle oracle_) {
        require(address(oracle_).code.length != 0, NotAContract(address(oracle_)));
        oracle = oracle_;
    }

    /* EXTERNAL */

    /// @inheritdoc IRiskEngine
    function table(uint16 instrument) external view returns (Table memory) {
        require(instrument == PERPETUAL, UnknownInstrument(instrument));
        return _perpetual();
    }

    /// @inheritdoc IRiskEngine
    function tables() external view returns (Table[] memory all) {
        all = new Table[](INSTRUMENTS);
        all[PERPETUAL] = _perpetual();
    }

    /* PRIVATE */

    function _perpetual() private view returns (Table memory made) {
        IVolatilityOracle.Reading memory reading = oracle.reading();
        (made.spot, made.twap) = (reading.spot, reading.twap);
        made.mmSpot = _share(reading.spot, reading.u);
        made.mmTwap = _share(reading.twap, reading.u);
        made.imSpot = _initial(reading.spot, reading.uInitial);
        made.imTwap = _initial(reading.twap, reading.uInitial);
        made.mmHardSpot = _share(reading.spot, reading.uHard);
        made.mmHardTwap = _share(reading.twap, reading.uHard);
        (made.u, made.stale, made.epochId) = (reading.u, reading.stale, reading.epochId);
    }

    /// @dev Up: a requirement.
    function _share(uint64 price, uint32 rate) private pure returns (uint64) {
        return Math.ceilDiv(uint256(price) * rate, WHOLE).toUint64();
    }

    /// @dev Up: a requirement.
    function _initial(uint64 price, uint32 rate) private pure returns (uint64) {
        return Math.ceilDiv(INITIAL_HALVES * price * rate, 2 * WHOLE).toUint64();
    }
}
