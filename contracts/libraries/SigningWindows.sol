// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ActionClass} from "../types/ActionClass.sol";
import {SigningWindow, Window} from "../types/SigningWindow.sol";
import {AcceptanceBook} from "./AcceptanceBook.sol";

/// @notice When classes that can be limited to a span of time may be signed for: releases (B and B2), nothing else.
/// Liquidation, rotation and heartbeat stay possible at all times.
/// @dev Which classes are limited is a set of bits, which the caller keeps where it reads anyway: an authorization of
/// a class that is not limited reads no window.
/// @custom:invariant INV-SIGNING-1 Only B and B2 are ever limited, and a class that is limited is authorized in its
/// window alone, at acceptance and at execution.
/// @custom:invariant INV-SIGNING-2 The people change a window no earlier than the delay of that moment after it was
/// accepted, nor earlier than a day.
/// @custom:invariant INV-SIGNING-3 A guardian closes at once, and nothing that was accepted by then opens again;
/// nor does an older change undo a newer one.
library SigningWindows {
    using AcceptanceBook for AcceptanceBook.Book;

    /* CONSTANTS */

    /// @dev Whatever an authority answers: a change is never faster.
    uint256 internal constant LEAST_DELAY = 24 hours;

    /* ERRORS */

    /// @notice The class cannot be limited to a span of time.
    error ClassNotWindowed(ActionClass class);

    /// @notice The window closes before it opens.
    error WindowEmpty(uint64 opensAt, uint64 closesAt);

    /// @notice Since the change was accepted, another that was accepted later took effect, or a guardian closed.
    error WindowOvertaken(uint256 acceptedAt, uint256 since);

    /* INTERNAL */

    /// @notice Whether a class is limited, and now is outside its window.
    /// @param limited Bits of the classes that are limited.
    function isClosed(mapping(ActionClass class => Window) storage windows, uint8 limited, ActionClass class)
        internal
        view
        returns (bool)
    {
        if (!isLimited(limited, class)) return false;
        Window memory window = windows[class];
        return block.timestamp < window.opensAt || block.timestamp > window.closesAt;
    }

    /// @notice Whether a class is limited.
    /// @param limited Bits of the classes that are.
    function isLimited(uint8 limited, ActionClass class) internal pure returns (bool) {
        return limited & _bitOf(class) != 0;
    }

    /// @notice Accepts a change that the people have just been found to have signed, or puts it in force.
    /// @param limited Bits of the classes that are limited.
    /// @param delay What the people's authority asks of it at this moment, in seconds.
    /// @param longestDelay The longest that it could ever ask, in seconds.
    /// @return inForce Whether it took effect now; if not, it was accepted now, and waits.
    /// @return ripeAt When its delay ends, if nothing changes it.
    /// @return limitedNow Bits of the classes that are limited now.
    function advance(
        mapping(ActionClass class => Window) storage windows,
        AcceptanceBook.Book storage book,
        SigningWindow calldata intent,
        bytes32 digest,
        uint256 delay,
        uint256 longestDelay,
        uint8 limited
    ) internal returns (bool inForce, uint256 ripeAt, uint8 limitedNow) {
        requireWindowed(intent.windowedClass);
        bool empty = intent.limited && intent.opensAt > intent.closesAt;
        require(!empty, WindowEmpty(intent.opensAt, intent.closesAt));
        if (delay < LEAST_DELAY) delay = LEAST_DELAY;
        (inForce, ripeAt) = book.advance(digest, intent.deadline, delay, longestDelay);
        if (!inForce) return (false, ripeAt, limited);

        uint40 acceptedAt = book.acceptances[digest].acceptedAt;
        uint40 since = windows[intent.windowedClass].since;
        require(acceptedAt > since, WindowOvertaken(acceptedAt, since));
        windows[intent.windowedClass] = Window({opensAt: intent.opensAt, closesAt: intent.closesAt, since: acceptedAt});
        uint8 bit = _bitOf(intent.windowedClass);
        limitedNow = intent.limited ? limited | bit : limited & ~bit;
    }

    /// @notice Closes a class, until a change that is accepted later opens it again.
    /// @return limitedNow Bits of the classes that are limited now.
    function close(mapping(ActionClass class => Window) storage windows, uint8 limited, ActionClass class)
        internal
        returns (uint8 limitedNow)
    {
        requireWindowed(class);
        // The cast is safe for 34,000 years. A window that ended in second 0.
        windows[class] = Window({opensAt: 0, closesAt: 0, since: uint40(block.timestamp)});
        return limited | _bitOf(class);
    }

    /// @notice Returns if the class can be limited, reverts by name if not.
    function requireWindowed(ActionClass class) internal pure {
        require(class == ActionClass.B || class == ActionClass.B2, ClassNotWindowed(class));
    }

    /* PRIVATE */

    function _bitOf(ActionClass class) private pure returns (uint8) {
        // The cast is safe: there are seven classes.
        return uint8(1 << uint8(class));
    }
}
