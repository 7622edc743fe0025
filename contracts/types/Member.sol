// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice How a member signs. The set says it, so that nobody's code is looked up: an account stays an account
/// whatever code it delegates to.
/// ACCOUNT   an address that signs with its own key (ECDSA).
/// CONTRACT  an address that answers ERC-1271.
/// KEY       a key without an address, read by an ERC-7913 verifier: P-256, WebAuthn, a group key.
enum MemberKind {
    ACCOUNT,
    CONTRACT,
    KEY
}

/// @notice Where a member's key lives.
enum MemberClass {
    SOFTWARE,
    HARDWARE
}

/// @notice What a set asks of approvals.
/// @param low The weight that small matters need in calm, and that calls off a recovery: more than half, and more than
/// any one member has.
/// @param high The weight that everything else needs.
/// @param leastHardware How many members of class HARDWARE must be among those who sign for anything but calling off.
struct Quorums {
    uint8 low;
    uint8 high;
    uint8 leastHardware;
}
