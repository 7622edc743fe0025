// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice All that a vault sums up, in one storage word: what every payment reads and writes.
/// @dev Layout, from the low end: idle (56 bits), queued (56), margin (56), all in the token's units; the number of the
/// last release (40); and when the outflow cap's bucket is full again (48). A struct would be copied to memory and back
/// at each of a dozen places, for more code than all of them hold.
type Ledger is uint256;

using LedgerWord for Ledger global;

/// @notice One of the three sums of a ledger: its place in the word, in bits.
enum Sum {
    Idle,
    Queued,
    Margin
}

library LedgerWord {
    /* CONSTANTS */

    uint256 private constant SUM_BITS = 56;
    uint256 private constant SUM_MAX = type(uint56).max;
    uint256 private constant LAST_RELEASE = 1 << 168;
    uint256 private constant FULL_AT_BIT = 208;

    /* INTERNAL */

    /// @notice One sum.
    function sum(Ledger ledger, Sum which) internal pure returns (uint256) {
        return (Ledger.unwrap(ledger) >> (uint256(which) * SUM_BITS)) & SUM_MAX;
    }

    /// @notice Everything the vault answers for: the three sums together.
    function held(Ledger ledger) internal pure returns (uint256) {
        return ledger.sum(Sum.Idle) + ledger.sum(Sum.Queued) + ledger.sum(Sum.Margin);
    }

    /// @notice The ledger with `amount` more in one sum. That it fits is the caller's to know: a panic if not.
    function plus(Ledger ledger, Sum which, uint256 amount) internal pure returns (Ledger) {
        assert(amount <= SUM_MAX - ledger.sum(which));
        // No carry into the next sum: checked above.
        unchecked {
            return Ledger.wrap(Ledger.unwrap(ledger) + (amount << (uint256(which) * SUM_BITS)));
        }
    }

    /// @notice The ledger with `amount` less in one sum. That it is there is the caller's to know: a panic if not.
    function minus(Ledger ledger, Sum which, uint256 amount) internal pure returns (Ledger) {
        assert(amount <= ledger.sum(which));
        // No borrow from the next sum: checked above.
        unchecked {
            return Ledger.wrap(Ledger.unwrap(ledger) - (amount << (uint256(which) * SUM_BITS)));
        }
    }

    /// @notice The number of the last release.
    function lastRelease(Ledger ledger) internal pure returns (uint256) {
        // The cast drops the bucket above: 40 bits.
        return uint40(Ledger.unwrap(ledger) / LAST_RELEASE);
    }

    /// @notice The ledger with one release more. 40 bits of them are more than a chain can hold.
    function withRelease(Ledger ledger) internal pure returns (Ledger) {
        return Ledger.wrap(Ledger.unwrap(ledger) + LAST_RELEASE);
    }

    /// @notice The outflow cap's bucket.
    function fullAt(Ledger ledger) internal pure returns (uint48) {
        // The cast is safe: what is left is 48 bits.
        return uint48(Ledger.unwrap(ledger) >> FULL_AT_BIT);
    }

    /// @notice The ledger with another bucket.
    function withFullAt(Ledger ledger, uint48 next) internal pure returns (Ledger) {
        uint256 rest = Ledger.unwrap(ledger) & ((1 << FULL_AT_BIT) - 1);
        return Ledger.wrap(rest | (uint256(next) << FULL_AT_BIT));
    }
}
