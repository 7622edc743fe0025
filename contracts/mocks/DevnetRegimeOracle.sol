// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IRegimeOracle} from "../interfaces/IRegimeOracle.sol";
import {Regime} from "../types/Regime.sol";
import {Devnet} from "./Devnet.sol";

/// @notice FOR A DEVNET ONLY: an oracle that says what its deployer tells it to. It refuses to be deployed anywhere
/// else.
contract DevnetRegimeOracle is IRegimeOracle {
    /* ERRORS */

    /// @notice Only the deployer sets the regime.
    error NotDeployer(address caller, address deployer);

    /* EVENTS */

    /// @notice The regime was set.
    event RegimeSet(Regime regime, bool stale);

    /* IMMUTABLES */

    /// @notice Who may set the regime.
    address public immutable deployer;

    /* STORAGE */

    Regime private _regime;
    bool private _stale;

    /* CONSTRUCTOR */

    /// @dev CALM and fresh to begin with.
    constructor() {
        Devnet.requireHere();
        deployer = msg.sender;
    }

    /* EXTERNAL */

    /// @notice Sets what `regime` answers from now on.
    function set(Regime regime_, bool stale_) external {
        require(msg.sender == deployer, NotDeployer(msg.sender, deployer));
        _regime = regime_;
        _stale = stale_;
        emit RegimeSet(regime_, stale_);
    }

    /// @inheritdoc IRegimeOracle
    function regime() external view returns (Regime, bool stale) {
        return (_regime, _stale);
    }
}
