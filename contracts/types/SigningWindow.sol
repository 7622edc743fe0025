// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ActionClass} from "./ActionClass.sol";

/// @notice The people's intent to limit a class of custodians' intents to a span of time, or to lift that limit.
/// @param windowedClass B or B2.
/// @param limited Whether the class is limited at all; if not, the span says nothing.
/// @param opensAt First second in which the class is authorized.
/// @param closesAt Last second in which it is.
/// @param epoch The people's epoch in which it was signed.
/// @param class C.
/// @param threshold The weight of the members who sign it.
/// @param nonce Any number: tells equal intents apart.
/// @param deadline Last second of its acceptance.
struct SigningWindow {
    ActionClass windowedClass;
    bool limited;
    uint64 opensAt;
    uint64 closesAt;
    uint64 epoch;
    ActionClass class;
    uint8 threshold;
    uint256 nonce;
    uint64 deadline;
}

/// @notice What is kept of the window of a class. One slot. Whether the class is limited at all stands elsewhere.
/// @param opensAt First second in which the class is authorized.
/// @param closesAt Last second in which it is.
/// @param since When the change that made it was accepted, or a guardian closed it: nothing accepted before changes it.
struct Window {
    uint64 opensAt;
    uint64 closesAt;
    uint40 since;
}

/// @dev EIP-712 type hash of SigningWindow.
bytes32 constant SIGNING_WINDOW_TYPEHASH = keccak256(
    "SigningWindow(uint8 windowedClass,bool limited,uint64 opensAt,uint64 closesAt,uint64 epoch,uint8 class,uint8 threshold,uint256 nonce,uint64 deadline)"
);

/// @notice EIP-712 `hashStruct` of a SigningWindow.
/// @dev Every member fills one word, so the ABI encoding of the struct is the EIP-712 encoding of its members.
function hashSigningWindow(SigningWindow calldata intent) pure returns (bytes32 structHash) {
    return keccak256(abi.encode(SIGNING_WINDOW_TYPEHASH, intent));
}
