// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Acceptance, AcceptanceState} from "../types/Acceptance.sol";

/// @notice What a consumer of intents remembers of their digests: when each was accepted, and whether it is done.
/// @dev The consumer asks its authority first, each time, and passes on the delay it answers. A digest goes Unset ->
/// Done where no delay is due, else Unset -> Waiting -> Done; nothing leads out of Done, nor out of a lapse.
/// @custom:invariant INV-ACCEPT-1 A digest becomes Done at most once: by its deadline, or after it was accepted by then.
/// @custom:invariant INV-ACCEPT-2 It becomes Done no earlier than its acceptance and the delay of that moment.
/// @custom:invariant INV-ACCEPT-3 It never becomes Done later than its acceptance, the longest delay and LAPSE_GRACE.
library AcceptanceBook {
    /* TYPES */

    struct Book {
        mapping(bytes32 digest => Acceptance acceptance) acceptances;
    }

    /* CONSTANTS */

    /// @dev How far ahead the deadline of an intent may lie.
    uint256 internal constant MAX_DEADLINE = 7 days;

    /// @dev How long after its longest possible delay an accepted intent can still be executed.
    uint256 internal constant LAPSE_GRACE = 7 days;

    /* ERRORS */

    /// @notice The intent was not accepted in time.
    error DeadlinePassed(uint256 deadline, uint256 time);

    /// @notice The intent would stay acceptable for too long.
    error DeadlineTooFar(uint256 deadline, uint256 latest);

    /// @notice The intent has taken effect; it does so once.
    error DigestUsed(bytes32 digest);

    /// @notice The intent was accepted and not executed in time; it is void for ever.
    error Lapsed(bytes32 digest, uint256 lapsedAt);

    /// @notice The delay is not over.
    error TooEarly(uint256 time, uint256 ripeAt);

    /* INTERNAL */

    /// @notice Accepts an intent whose proof has just passed, or finds that it may take effect now.
    /// @param digest Its digest, which binds chain, consumer and all it says.
    /// @param deadline Last second of its acceptance.
    /// @param delay What the authority asks of it at this moment, in seconds.
    /// @param longestDelay The longest that the authority could ever ask of it, in seconds.
    /// @return ripe Whether it takes effect now, and is Done; if not, it was accepted now, and waits.
    /// @return ripeAt When its delay ends, if nothing changes it.
    function advance(Book storage book, bytes32 digest, uint256 deadline, uint256 delay, uint256 longestDelay)
        internal
        returns (bool ripe, uint256 ripeAt)
    {
        Acceptance memory accepted = book.acceptances[digest];
        require(accepted.state != AcceptanceState.Done, DigestUsed(digest));
        bool first = accepted.state == AcceptanceState.Unset;
        if (first) {
            requireAcceptable(deadline);
            // The cast is safe: 40 bits of seconds last 34,000 years.
            accepted.acceptedAt = uint40(block.timestamp);
        } else {
            uint256 lapsedAt = accepted.acceptedAt + longestDelay + LAPSE_GRACE;
            require(block.timestamp <= lapsedAt, Lapsed(digest, lapsedAt));
        }

        ripeAt = accepted.acceptedAt + delay;
        ripe = block.timestamp >= ripeAt;
        if (!first) requireRipe(ripeAt);
        accepted.state = ripe ? AcceptanceState.Done : AcceptanceState.Waiting;
        book.acceptances[digest] = accepted;
    }

    /// @notice Returns if a delay that ends at `ripeAt` is over, reverts by name if not.
    function requireRipe(uint256 ripeAt) internal view {
        require(block.timestamp >= ripeAt, TooEarly(block.timestamp, ripeAt));
    }

    /// @notice Returns if an intent with this deadline can be accepted now, reverts by name if not.
    function requireAcceptable(uint256 deadline) internal view {
        require(block.timestamp <= deadline, DeadlinePassed(deadline, block.timestamp));
        uint256 latest = block.timestamp + MAX_DEADLINE;
        require(deadline <= latest, DeadlineTooFar(deadline, latest));
    }
}
