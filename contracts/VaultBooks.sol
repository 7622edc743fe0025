// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {VaultRules} from "./VaultRules.sol";
import {ICollateralVault} from "./interfaces/ICollateralVault.sol";
import {RollingLeast, RollingSum} from "./libraries/RollingWindow.sol";
import {Ledger, Sum} from "./types/Ledger.sol";
import {Ppm, shareUp} from "./types/Ppm.sol";

/// @notice The part of a vault that sums up: what is idle, queued and in margin, and the last day of it.
abstract contract VaultBooks is ICollateralVault, VaultRules {
    /* CONSTANTS */

    /// @dev One whole USDC, in the token's units: what the rolling windows count.
    uint256 internal constant WHOLE = 1e6;

    /* STORAGE */

    /// @inheritdoc ICollateralVault
    mapping(address owner => uint256 amount) public idle;

    Ledger internal _ledger;

    /// @dev What was expedited over the last day, in whole USDC rounded up.
    RollingSum private _outflow;

    /// @dev The least the vault held over the last day, in whole USDC rounded down.
    RollingLeast private _size;

    /* INTERNAL: EFFECTS */

    /// @dev Takes from what is idle; the caller stores the ledger.
    function _takeIdle(address owner, uint256 amount, Ledger ledger) internal returns (Ledger) {
        require(amount != 0, ZeroAmount());
        uint256 available = idle[owner];
        require(amount <= available, InsufficientIdle(amount, available));
        idle[owner] = available - amount;
        return ledger.minus(Sum.Idle, amount);
    }

    /// @dev Adds to what is idle; the caller stores the ledger.
    function _giveIdle(address owner, uint256 amount, Ledger ledger) internal returns (Ledger) {
        idle[owner] += amount;
        return ledger.plus(Sum.Idle, amount);
    }

    /// @dev To be called at every change of what the vault holds, before it.
    function _recordSize(uint256 held, uint256 next) internal {
        _size = _size.changed(block.timestamp, held / WHOLE, next / WHOLE);
    }

    /// @dev Counts a payment as expedited, for the value of those that follow.
    function _countExpedited(uint256 amount) internal {
        _outflow = _outflow.added(block.timestamp, _wholeUp(amount));
    }

    /* INTERNAL: VIEWS */

    /// @dev Both in whole USDC.
    function _value(uint256 amount, uint256 size) internal view returns (Ppm) {
        return shareUp(_outflow.total(block.timestamp) + amount, size);
    }

    /// @dev In whole USDC, over the last day.
    function _leastSize(Ledger ledger) internal view returns (uint256) {
        return _size.least(block.timestamp, ledger.held() / WHOLE);
    }

    /// @dev What may leave in a day, in the token's units: a millionth of a whole USDC is one of them.
    function _capacity(uint256 size) internal view returns (uint256) {
        return size * _rules.outflowCap;
    }

    function _wholeUp(uint256 amount) internal pure returns (uint256) {
        return (amount + WHOLE - 1) / WHOLE;
    }
}
