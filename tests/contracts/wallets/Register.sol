// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A parameter that only one address sets: what a multisig is for.
contract Register {
    error NotOwner(address caller);
    error TooLarge(uint256 value, uint256 most);

    uint256 private constant MOST = 1_000_000;

    address public immutable owner;
    uint256 public value;
    uint256 public writes;

    constructor(address owner_) {
        owner = owner_;
    }

    function set(uint256 value_) external payable {
        require(msg.sender == owner, NotOwner(msg.sender));
        require(value_ <= MOST, TooLarge(value_, MOST));
        value = value_;
        writes += 1;
    }
}
