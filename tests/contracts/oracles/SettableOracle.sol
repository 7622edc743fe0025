// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IVolatilityOracle} from "../../../contracts/interfaces/IVolatilityOracle.sol";
import {Regime} from "../../../contracts/types/Regime.sol";

/// @notice Says what a test tells it to: the answers of an IVolatilityOracle without its arithmetic.
contract SettableOracle {
    IVolatilityOracle.Reading private _reading;

    /// @notice Rounds that wait; a poke consumes them.
    uint256 public pending;

    function set(IVolatilityOracle.Reading memory reading_) external {
        _reading = reading_;
    }

    function wait(uint256 rounds) external {
        pending = rounds;
    }

    function poke(uint256 most) external returns (uint256 consumed) {
        consumed = most < pending ? most : pending;
        pending -= consumed;
    }

    function behind() external view returns (bool) {
        return pending != 0;
    }

    function reading() external view returns (IVolatilityOracle.Reading memory) {
        return _reading;
    }

    function regime() external view returns (Regime, bool stale) {
        return (_reading.regime, _reading.stale);
    }
}
