// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Says who may bring cash into margin: what the vault asks of its venue.
interface IMarginGate {
    /// @notice Whether an account may move idle cash into margin now: while a deficit stands only who has an open
    /// position, and the insurance. Whoever else did would share in a loss that was there before.
    function mayEnterMargin(address account) external view returns (bool);
}
