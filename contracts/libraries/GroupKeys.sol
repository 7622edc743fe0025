// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {GroupKey} from "../types/GroupKey.sol";
import {Secp256k1} from "./Secp256k1.sol";

/// @notice What the two group keys of an epoch must be, as far as a chain can see it.
/// @dev One key may serve both thresholds. A secret that is another's plus a known number is not seen here: that each
/// secret was drawn and shared by itself is for the ceremony's certificate to prove.
/// @custom:invariant INV-AUTH-3 Every threshold t has 2 <= t, t > signers / 2 and t < signers.
/// @custom:invariant INV-AUTH-4 No two thresholds have keys with the same secret up to its sign, and no high key has
/// the secret of the low key it follows, but one that served both and is not raised.
library GroupKeys {
    /* CONSTANTS */

    /// @dev No key is worth the name under which one custodian signs alone.
    uint8 private constant LEAST_THRESHOLD = 2;

    /* ERRORS */

    /// @notice The low threshold must be below the high one, where one key does not serve both.
    error ThresholdsNotAscending(uint8 first, uint8 second);

    /// @notice A threshold must be at least 2 and more than half of the signers: at least `floor`.
    error ThresholdBelowFloor(uint8 given, uint8 floor);

    /// @notice A threshold must leave a signer who may be absent: be below their number.
    error ThresholdNotBelowSigners(uint8 given, uint8 signers);

    /// @notice The x of a group key must be in [1, group order).
    error KeyOutOfRange(uint256 x);

    /// @notice A group key is not a point of secp256k1.
    error KeyOffCurve(uint256 x, uint256 y);

    /// @notice Two thresholds share a key, or a key and its negative: the fewer could sign for the more.
    error KeyRepeated(uint256 x);

    /* INTERNAL */

    /// @notice Returns if an epoch can begin with these keys, reverts by the name of what is wrong if not.
    function requireSound(GroupKey memory low, GroupKey memory high, uint8 signers) internal pure {
        bool one = low.threshold == high.threshold && low.x == high.x && low.y == high.y;
        if (!one) {
            require(low.threshold < high.threshold, ThresholdsNotAscending(low.threshold, high.threshold));
            require(low.x != high.x, KeyRepeated(low.x));
        }
        _requireSound(low, signers);
        _requireSound(high, signers);
    }

    /// @notice Returns if a high key does not become what the fewer could already sign with.
    /// @dev A key that served both thresholds may serve on, never under a higher one.
    /// @param lowX x of the low key of the epoch that ends.
    /// @param highX x of its high key.
    /// @param highThreshold Its high threshold.
    /// @param nextHigh The high key of the next.
    function requireNotRaised(uint256 lowX, uint256 highX, uint8 highThreshold, GroupKey memory nextHigh)
        internal
        pure
    {
        bool servesOn = lowX == highX && nextHigh.threshold <= highThreshold;
        require(nextHigh.x != lowX || servesOn, KeyRepeated(nextHigh.x));
    }

    /* PRIVATE */

    function _requireSound(GroupKey memory key, uint8 signers) private pure {
        uint8 majority = signers / 2 + 1;
        uint8 floor = majority > LEAST_THRESHOLD ? majority : LEAST_THRESHOLD;
        require(key.threshold >= floor, ThresholdBelowFloor(key.threshold, floor));
        require(key.threshold < signers, ThresholdNotBelowSigners(key.threshold, signers));
        require(key.x != 0 && key.x < Secp256k1.ORDER, KeyOutOfRange(key.x));
        require(Secp256k1.isOnCurve(key.x, key.y), KeyOffCurve(key.x, key.y));
    }
}
