// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice One round as a feed tells it, unchecked.
/// @param id (phase << 64) | n.
/// @param answer The price, with the feed's decimals.
/// @param updatedAt When it was answered, in seconds.
struct FeedRound {
    uint80 id;
    int256 answer;
    uint256 updatedAt;
}
