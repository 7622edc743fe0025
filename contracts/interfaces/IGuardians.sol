// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Says who the guardians are: each may stop, none may start.
interface IGuardians {
    /// @notice Whether this account is a guardian now.
    function isGuardian(address account) external view returns (bool);
}
