// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Devnet} from "./Devnet.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice FOR A DEVNET ONLY: a dollar that anyone mints, worth nothing. It refuses to be deployed anywhere else.
contract DevnetUSDC is ERC20 {
    /* CONSTANTS */

    /// @dev As USDC: one dollar == 10**6 units.
    uint8 private constant DECIMALS = 6;

    /* CONSTRUCTOR */

    constructor() ERC20("Devnet USD Coin", "dUSDC") {
        Devnet.requireHere();
    }

    /* EXTERNAL */

    /// @notice Makes `amount` units out of nothing, for whoever asks.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /* PUBLIC */

    /// @inheritdoc ERC20
    function decimals() public pure override returns (uint8) {
        return DECIMALS;
    }
}
