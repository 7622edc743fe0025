// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICollateralVault} from "../interfaces/ICollateralVault.sol";
import {Position} from "../types/Position.sol";
import {Table} from "../types/Table.sol";
import {AccountBook, Book} from "./AccountBook.sol";
import {SignedMath} from "@openzeppelin/contracts/utils/math/SignedMath.sol";

/// @notice What the venue keeps of an account; its cash is the vault's to keep.
/// @param flaggedAt Since when its clock runs, in seconds; zero when it is not flagged.
/// @param listed Whether it ever had a position.
/// @param positions In no order.
struct Account {
    uint40 flaggedAt;
    bool listed;
    Position[] positions;
}

using AccountStore for Account global;

/// @notice Brings accounts from storage into books, and back.
library AccountStore {
    /* CONSTANTS */

    /// @dev Where a packed account keeps what; an address is below.
    uint256 private constant FLAG_SHIFT = 160;
    uint256 private constant COUNT_SHIFT = 200;
    uint256 private constant LOTS_SHIFT = 16;
    uint256 private constant COST_SHIFT = 80;

    /// @dev Words of a packed account before its positions.
    uint256 private constant HEAD_WORDS = 2;

    /* INTERNAL */

    /// @notice The account in memory, with room for `extra` positions more.
    /// @param cash Its margin cash.
    function load(Account storage account, int256 cash, uint256 extra) internal view returns (Book memory book) {
        book.cash = cash;
        book.count = account.positions.length;
        book.positions = new Position[](book.count + extra);
        for (uint256 i = 0; i < book.count; ++i) {
            book.positions[i] = account.positions[i];
        }
    }

    /// @notice M at spot of what would be left where `ppm` of every position went, rounded up to lots.
    function maintenanceAfter(Account storage account, uint256 ppm, Table[] calldata tables)
        internal
        view
        returns (uint256 maintenance)
    {
        Position[] storage held = account.positions;
        for (uint256 i = 0; i < held.length; ++i) {
            Position memory part = held[i];
            uint256 left = SignedMath.abs(part.lots - AccountBook.portion(part.lots, ppm));
            maintenance += left * tables[part.instrument].mmSpot;
        }
    }

    /// @notice Writes the positions back.
    function store(Account storage account, Book memory book) internal {
        Position[] storage stored = account.positions;
        uint256 length = stored.length;
        for (uint256 i = 0; i < book.count; ++i) {
            if (i < length) stored[i] = book.positions[i];
            else stored.push(book.positions[i]);
        }
        for (uint256 i = book.count; i < length; ++i) {
            stored.pop();
        }
    }

    /// @notice Accounts in words, one after another, each as `pack` writes it.
    /// @param vault Where their cash lies.
    function packAll(
        mapping(address id => Account account) storage accounts,
        address[] memory ids,
        ICollateralVault vault
    ) internal view returns (uint256[] memory words) {
        uint256 length = 0;
        for (uint256 i = 0; i < ids.length; ++i) {
            length += packedLength(accounts[ids[i]]);
        }
        words = new uint256[](length);
        uint256 next = 0;
        for (uint256 i = 0; i < ids.length; ++i) {
            next = pack(accounts[ids[i]], ids[i], vault.margin(ids[i]), words, next);
        }
    }

    /// @notice How many words `pack` writes.
    function packedLength(Account storage account) internal view returns (uint256) {
        return HEAD_WORDS + account.positions.length;
    }

    /// @notice Writes one account into `words` from `next` on, and says where the next one goes. Layout, low to high:
    ///     account 160, flaggedAt 40, positions 8 bits
    ///     margin cash, a signed word
    ///     for each position: instrument 16, lots 64, cost 128 bits, the last two in two's complement
    function pack(Account storage account, address id, int256 cash, uint256[] memory words, uint256 next)
        internal
        view
        returns (uint256)
    {
        uint256 count = account.positions.length;
        words[next++] = uint256(uint160(id)) | (uint256(account.flaggedAt) << FLAG_SHIFT) | (count << COUNT_SHIFT);
        words[next++] = uint256(cash);
        for (uint256 i = 0; i < count; ++i) {
            Position memory held = account.positions[i];
            // The casts keep the bits: two's complement, each in its own width.
            words[next++] = held.instrument | (uint256(uint64(held.lots)) << LOTS_SHIFT)
                | (uint256(uint128(held.cost)) << COST_SHIFT);
        }
        return next;
    }
}
