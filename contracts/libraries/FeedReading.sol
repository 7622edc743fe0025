// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FeedRound} from "../types/FeedRound.sol";

/// @notice Reads rounds from a feed that may be silent or answer nonsense: whatever it does, there is an answer.
/// @dev `try/catch` would not do: it does not catch an answer that fails to decode. A caller cannot make a round look
/// missing by starving the call of gas: what is left to the oracle then, a 64th, does not pay for writing it down, as
/// long as a feed's answer costs less than 300,000 gas.
library FeedReading {
    /* CONSTANTS */

    /// @dev Selectors of IAggregatorV3: a library may not import the interface.
    bytes4 internal constant LATEST_SELECTOR = bytes4(keccak256("latestRoundData()"));
    bytes4 internal constant ROUND_SELECTOR = bytes4(keccak256("getRoundData(uint80)"));

    /* INTERNAL */

    /// @notice The newest round.
    /// @return found Whether there is one.
    function latest(address feed) internal view returns (bool found, FeedRound memory round) {
        return _read(feed, LATEST_SELECTOR, 0);
    }

    /// @notice One round by its number.
    /// @return found Whether there is such a round; its number is then the one asked for.
    function numbered(address feed, uint80 id) internal view returns (bool found, FeedRound memory round) {
        (found, round) = _read(feed, ROUND_SELECTOR, id);
        if (round.id != id) return (false, round);
    }

    /* PRIVATE */

    /// @param id What follows the selector; nobody reads it where there is no argument.
    function _read(address feed, bytes4 selector, uint256 id)
        private
        view
        returns (bool answered, FeedRound memory round)
    {
        uint256 answeredId;
        int256 answer;
        uint256 updatedAt;
        // Assembly bounds what is copied from the callee and does not fail to decode it. Memory-safe: writes past the
        // free memory pointer only, and leaves nothing there that anyone reads.
        assembly ("memory-safe") {
            let words := mload(0x40)
            mstore(words, selector)
            mstore(add(words, 0x04), id)
            answered := staticcall(gas(), feed, words, 0x24, words, 0xa0)
            answered := and(answered, iszero(lt(returndatasize(), 0xa0)))
            answeredId := mload(words)
            answer := mload(add(words, 0x20))
            updatedAt := mload(add(words, 0x60))
        }
        // A feed that answers zeros has no such round.
        if (!answered || answeredId > type(uint80).max || updatedAt == 0) return (false, round);
        // The cast is safe: just checked.
        return (true, FeedRound({id: uint80(answeredId), answer: answer, updatedAt: updatedAt}));
    }
}
