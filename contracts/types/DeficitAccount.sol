// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev The margin account where holes are booked that insurance did not fill; nobody's address. Never above zero.
address constant DEFICIT = address(uint160(uint256(keccak256("custody.liquidation.deficit"))));
