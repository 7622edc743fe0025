// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice An account's offer to buy or sell.
/// @param account Whose margin and position.
/// @param instrument Its number.
/// @param lots Above zero to buy, below to sell.
/// @param limitPrice Worst price, in ticks; the price of the fill where the order is the maker's.
/// @param expiry Last second in which it can be filled.
/// @param minFill Least lots of a fill, unless fewer are left.
/// @param reduceOnly Whether it may only make the position smaller.
/// @param salt Any number: tells equal orders apart.
struct Order {
    address account;
    uint16 instrument;
    int64 lots;
    uint64 limitPrice;
    uint64 expiry;
    uint64 minFill;
    bool reduceOnly;
    uint256 salt;
}

/// @dev EIP-712 type hash of Order.
bytes32 constant ORDER_TYPEHASH = keccak256(
    "Order(address account,uint16 instrument,int64 lots,uint64 limitPrice,uint64 expiry,uint64 minFill,bool reduceOnly,uint256 salt)"
);

/// @notice EIP-712 `hashStruct` of an Order.
/// @dev Every member fills one word, so the ABI encoding of the struct is the EIP-712 encoding of its members.
function hashOrder(Order calldata order) pure returns (bytes32 structHash) {
    return keccak256(abi.encode(ORDER_TYPEHASH, order));
}

/// @notice What has become of an order.
/// @param filled How many of its lots were filled.
/// @param cancelled Whether it was taken back, for ever.
struct OrderState {
    uint64 filled;
    bool cancelled;
}
