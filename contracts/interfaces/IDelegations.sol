// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Delegate} from "../types/Delegate.sol";
import {Step} from "../types/Step.sol";

/// @notice Keys that sign orders for accounts, within limits that the account sets: what it may trade, how large, how
/// much it may lose in a day, until when. They sign orders of one venue and nothing else: no withdrawal, no other key.
/// @dev A key serves an account once. Where it was revoked, ran out, or fell with the account's epoch, it never signs for
/// that account again: else an order that it signed then would come back to life with it.
///
/// ERRORS. Besides those named here, `charge` reverts with those of the library DelegateLimits (InstrumentNotAllowed,
/// DelegateNotionalExceeded, DelegateLossExceeded).
interface IDelegations {
    /* ERRORS */

    /// @notice Nobody is no venue.
    error InvalidVenue(address given);

    /// @notice Only the venue charges.
    error NotVenue(address caller, address venue);

    /// @notice Nobody, and the account itself, can be its delegate.
    error InvalidDelegate(address key);

    /// @notice A delegate that may trade nothing.
    error NoInstruments(address key);

    /// @notice The delegate's time is over.
    error DelegateExpired(address key, uint40 expiry);

    /// @notice A delegate's time ends within MAX_TERM.
    error TermTooLong(uint40 expiry, uint256 latest);

    /// @notice The key served the account before; another key may.
    error KeySpent(address account, address key);

    /// @notice The key is no delegate of the account, or no longer.
    error NotDelegate(address account, address key);

    /// @notice Neither the account nor a delegate of it signed that.
    error InvalidSignature(address account);

    /// @notice The delegate took back what it signed.
    error OrderRetracted(address key, bytes32 digest);

    /* EVENTS */

    /// @notice An account lets a key sign orders.
    event DelegateSet(
        address indexed account,
        address indexed key,
        uint40 expiry,
        uint64 notionalLimit,
        uint64 dailyLossBudget,
        uint256 instruments
    );

    /// @notice An account no longer lets a key sign.
    event DelegateRevoked(address indexed account, address indexed key);

    /// @notice All delegates that the account had are void.
    event EpochRaised(address indexed account, uint64 epoch);

    /// @notice A fill lost a delegate's account that much against the mark.
    event LossCharged(address indexed account, address indexed key, uint64 lossOfDay, uint24 day);

    /// @notice A key took back what it signed.
    event Retracted(address indexed key, bytes32 indexed digest);

    /* EXTERNAL: ACCOUNTS */

    /// @notice Lets `key` sign orders for the caller, or changes the limits of one that does; what it lost today stays.
    /// @param expiry Last second in which its orders count; at most MAX_TERM ahead.
    /// @param notionalLimit Greatest position in any one instrument after a fill that does not make it smaller, in
    /// µUSDC at spot; in n instruments together it may be n times as much.
    /// @param dailyLossBudget Most it may lose against the mark in one UTC day, in µUSDC.
    /// @param instruments Bit i stands for instrument i.
    function setDelegate(address key, uint40 expiry, uint64 notionalLimit, uint64 dailyLossBudget, uint256 instruments)
        external;

    /// @notice Takes that back, for ever.
    function revokeDelegate(address key) external;

    /// @notice Voids all delegates of the caller at once, for ever.
    function raiseEpoch() external;

    /* EXTERNAL: DELEGATES */

    /// @notice Takes back, for ever, what the caller itself signed under a digest. What another signed under the same
    /// digest, the account above all, stays.
    function retract(bytes32 digest) external;

    /* EXTERNAL: VENUE */

    /// @notice Holds a delegate to its limits in a fill, and counts what it loses. The venue's alone.
    /// @param step The fill.
    /// @param spot The mark, in ticks.
    function charge(address account, address key, uint16 instrument, Step calldata step, uint64 spot) external;

    /* EXTERNAL: VIEWS */

    /// @notice Whose orders are signed and who charges.
    function venue() external view returns (address);

    /// @notice Who signed a digest for an account: a delegate of it, or zero for the account itself. Reverts by name
    /// where neither did.
    /// @dev 65 bytes r || s || v that recover to the account are its own; to a delegate whose time is not over, the
    /// delegate's. Else the account's ERC-1271 answer counts, where it is a contract.
    function signerOf(address account, bytes32 digest, bytes calldata signature) external view returns (address key);

    /// @notice What a key may sign for an account, or once could; all zero where it never could sign anything.
    function delegateOf(address account, address key) external view returns (Delegate memory);

    /// @notice Whether a key may sign for an account now.
    function isLive(address account, address key) external view returns (bool);

    /// @notice Whether a key's limits name an instrument.
    function allows(address account, address key, uint16 instrument) external view returns (bool);

    /// @notice An account's epoch, from 0.
    function epochOf(address account) external view returns (uint64);

    /// @notice Whether a key took back what it signed under a digest.
    function isRetracted(address key, bytes32 digest) external view returns (bool);
}
