// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Parts per million of the vault: one whole vault == 1_000_000.
type Ppm is uint256;

using {greaterThan as >} for Ppm global;

/// @dev One whole, in parts per million.
uint256 constant PPM = 1_000_000;

/// @dev Of what takes nothing out of the vault.
Ppm constant NO_VALUE = Ppm.wrap(0);

/// @dev More than any share of a vault that holds something.
Ppm constant UNBOUNDED_SHARE = Ppm.wrap(type(uint256).max);

/// @notice The share that `part` is of `whole`, rounded up: a larger share is judged more severely.
/// @dev Of an empty whole, anything is UNBOUNDED_SHARE, nothing included: what cannot be measured is not small.
function shareUp(uint256 part, uint256 whole) pure returns (Ppm share) {
    if (whole == 0) return UNBOUNDED_SHARE;
    return Ppm.wrap((part * PPM + whole - 1) / whole);
}

function greaterThan(Ppm left, Ppm right) pure returns (bool) {
    return Ppm.unwrap(left) > Ppm.unwrap(right);
}
