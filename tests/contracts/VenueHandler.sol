// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CollateralVault} from "../../contracts/CollateralVault.sol";
import {Liquidation} from "../../contracts/Liquidation.sol";
import {MarginVenue} from "../../contracts/MarginVenue.sol";
import {IVolatilityOracle} from "../../contracts/interfaces/IVolatilityOracle.sol";
import {DevnetUSDC} from "../../contracts/mocks/DevnetUSDC.sol";
import {ActionClass} from "../../contracts/types/ActionClass.sol";
import {Health} from "../../contracts/types/Health.sol";
import {LiquidationOrder} from "../../contracts/types/LiquidationOrder.sol";
import {Order} from "../../contracts/types/Order.sol";
import {ReleaseId} from "../../contracts/types/Release.sol";
import {Table} from "../../contracts/types/Table.sol";
import {GroupSigner} from "./GroupSigner.sol";
import {vm, within} from "./Vm.sol";
import {SettableOracle} from "./oracles/SettableOracle.sol";

/// @notice Does anything anybody may do with a venue, in any order, while the price goes anywhere, and judges each
/// move by its own arithmetic.
/// @dev No call of it may revert. What the venue refuses it must refuse by name: a panic is a finding.
contract VenueHandler {
    uint256 private constant GREATEST = 5_000e6;
    uint256 private constant LOW_SECRET = 0x10F;
    bytes4 private constant PANIC = 0x4e487b71;
    uint256 private constant TRADERS = 4;
    uint256 private constant LEAST_INITIAL = 500e6;

    CollateralVault private immutable vault;
    MarginVenue private immutable venue;
    Liquidation private immutable liquidation;
    SettableOracle private immutable oracle;
    DevnetUSDC private immutable usdc;

    /// @notice Keys of the accounts: traders, then backstops.
    uint256[] public keys;

    uint256 public donated;
    uint256 public paidOut;
    uint256 public releases;
    uint256 public fills;
    uint256 public slices;

    /// @notice Withdrawals while a deficit stood.
    uint256 public shared;

    uint256 private _salt;

    /// @dev As last seen: it only ever falls by a withdrawal.
    uint256 private _deficit;

    /// @dev Around every move but a withdrawal.
    modifier repaysNothing() {
        _;
        vm.assertGe(liquidation.deficit(), _deficit, "the deficit fell");
        _deficit = liquidation.deficit();
    }

    constructor(
        CollateralVault vault_,
        MarginVenue venue_,
        Liquidation liquidation_,
        SettableOracle oracle_,
        DevnetUSDC usdc_,
        uint256[] memory keys_
    ) {
        (vault, venue, liquidation, oracle, usdc, keys) = (vault_, venue_, liquidation_, oracle_, usdc_, keys_);
    }

    /* MOVES */

    function deposit(uint256 seed, uint256 amount, bool margin) external repaysNothing {
        amount = within(amount, 1, GREATEST);
        address owner = _account(seed);
        _deposit(owner, amount);
        if (!margin) return;
        bool open = liquidation.deficit() == 0 || _lots(owner) != 0;
        vm.prank(owner);
        try vault.toMargin(amount) {
            vm.assertTrue(open, "entered while a deficit stands");
        } catch (bytes memory reason) {
            vm.assertTrue(!open, "refused");
            _named(reason);
        }
    }

    function insure(uint256 amount) external repaysNothing {
        amount = within(amount, 2, GREATEST);
        _deposit(address(liquidation), amount);
        liquidation.fund(amount / 2);
    }

    function repay(uint256 amount) external {
        uint256 deficit = liquidation.deficit();
        if (deficit == 0) return;
        amount = within(amount, 1, deficit + 1);
        _deposit(address(liquidation), amount);
        liquidation.repay(amount);
        uint256 paid = amount < deficit ? amount : deficit;
        vm.assertEq(liquidation.deficit(), deficit - paid, "paid");
        _deficit = deficit - paid;
    }

    function donate(uint256 amount) external repaysNothing {
        amount = within(amount, 1, GREATEST);
        donated += amount;
        usdc.mint(address(vault), amount);
    }

    function trade(uint256 buyerSeed, uint256 sellerSeed, uint256 lots, uint256 price) external repaysNothing {
        uint256 buyer = keys[buyerSeed % TRADERS];
        uint256 seller = keys[sellerSeed % TRADERS];
        if (buyer == seller) return;
        Table memory table = venue.risk().table(0);
        uint256 half = uint256(table.spot) * table.u / 2e6;
        // Sometimes just outside the band.
        price = within(price, table.spot - half - half / 20, table.spot + half + half / 20);
        // As much as both can carry, and a little more: an account with room to spare is in nobody's danger.
        uint256 most = _free(buyer) < _free(seller) ? _free(buyer) : _free(seller);
        most = most * 21 / 20 / table.imSpot + 1;
        _fill(buyer, seller, uint64(within(lots, lots % 4 == 0 ? 1 : most / 2 + 1, most + 1)), uint64(price), table);
    }

    function close(uint256 seed, uint256 otherSeed, uint256 part) external repaysNothing {
        uint256 key = keys[seed % TRADERS];
        uint256 other = keys[otherSeed % TRADERS];
        int256 held = _lots(vm.addr(key));
        if (key == other || held == 0) return;
        Table memory table = venue.risk().table(0);
        uint64 lots = uint64(within(part, 1, uint256(held > 0 ? held : -held)));
        if (held > 0) _fill(other, key, lots, table.spot, table);
        else _fill(key, other, lots, table.spot, table);
    }

    function movePrice(uint256 spot, uint256 twap, uint256 u, uint256 time) external repaysNothing {
        vm.warp(block.timestamp + within(time, 0, 900));
        IVolatilityOracle.Reading memory last = oracle.reading();
        IVolatilityOracle.Reading memory next;
        next.spot = uint64(within(spot, uint256(last.spot) * 85 / 100, uint256(last.spot) * 115 / 100 + 1));
        if (next.spot < 100_000) next.spot = 6_000_000;
        if (next.spot > 60_000_000) next.spot = 6_000_000;
        (uint64 low, uint64 high) = last.spot < next.spot ? (last.spot, next.spot) : (next.spot, last.spot);
        next.twap = uint64(within(twap, low, high));
        next.u = uint32(within(u, 50_000, 150_000));
        next.uHard = next.u * 8 / 10 < 50_000 ? 50_000 : next.u * 8 / 10;
        next.uInitial = next.u;
        next.stale = time % 16 == 0;
        oracle.set(next);
    }

    function flag(uint256 seed) external repaysNothing {
        address account = _account(seed);
        bool below = _below(account);
        try liquidation.flag(account) {
            vm.assertTrue(below, "flagged above its margin");
        } catch (bytes memory reason) {
            _named(reason);
        }
    }

    function clock(uint256 seed, bool clear) external repaysNothing {
        address account = _account(seed);
        if (clear) {
            try liquidation.clear(account) {}
            catch (bytes memory reason) {
                _named(reason);
            }
        } else {
            try liquidation.resetClock(account) {}
            catch (bytes memory reason) {
                _named(reason);
            }
        }
    }

    function take(uint256 seed, uint256 takerSeed, uint256 part) external repaysNothing {
        address account = _account(seed);
        bool below = _below(account);
        int256 lots = _lots(account);
        vm.prank(_account(takerSeed));
        try liquidation.take(account, uint32(within(part, 1, 1e6))) {
            vm.assertTrue(below, "taken above its margin");
            ++slices;
        } catch (bytes memory reason) {
            _named(reason);
            vm.assertEq(_lots(account), lots, "refused and moved");
        }
    }

    function batch(uint256 seed) external repaysNothing {
        address[] memory list = new address[](keys.length);
        bool[] memory below = new bool[](keys.length);
        int256[] memory lots = new int256[](keys.length);
        for (uint256 i = 0; i < keys.length; ++i) {
            list[i] = _account(seed % keys.length + i);
            below[i] = _below(list[i]);
            lots[i] = _lots(list[i]);
        }
        LiquidationOrder memory order = LiquidationOrder({
            accounts: list,
            epoch: 1,
            class: ActionClass.A,
            threshold: 3,
            nonce: ++_salt,
            deadline: uint64(block.timestamp + 600)
        });
        bytes memory proof = GroupSigner.sign(LOW_SECRET, liquidation.digestOf(order));
        bool stale = oracle.reading().stale;
        try liquidation.liquidateBatch(order, proof) {
            vm.assertTrue(!stale, "on a stale price");
        } catch (bytes memory reason) {
            vm.assertTrue(stale, "a batch never reverts for what an account is");
            _named(reason);
        }
        for (uint256 i = 0; i < keys.length; ++i) {
            bool moved = _lots(list[i]) != lots[i];
            if (moved && below[i]) ++slices;
            // A backstop takes; nobody else's position moves above its margin.
            vm.assertTrue(!moved || below[i] || _isBackstop(list[i]), "liquidated above its margin");
        }
    }

    function withdraw(uint256 seed, uint256 amount) external {
        address account = _account(seed);
        uint256 free = venue.freeMargin(account);
        amount = within(amount, 1, free + 1);
        uint256 expected = _share(amount);
        uint256 idle = vault.idle(account);
        uint256 deficit = liquidation.deficit();
        vm.prank(account);
        try venue.withdraw(amount) {
            vm.assertTrue(amount <= free, "more than was free");
            vm.assertEq(vault.idle(account) - idle, expected, "paid");
            vm.assertEq(liquidation.deficit(), deficit - (amount - expected), "the rest reduces the deficit");
            if (deficit != 0) ++shared;
            _deficit = liquidation.deficit();
        } catch (bytes memory reason) {
            vm.assertTrue(amount > free || expected == 0, "free and refused");
            _named(reason);
        }
    }

    function release(uint256 seed, uint256 amount) external repaysNothing {
        address owner = _account(seed);
        uint256 idle = vault.idle(owner);
        if (idle == 0) return;
        vm.prank(owner);
        vault.requestRelease(within(amount, 1, idle));
        ++releases;
    }

    function execute(uint256 seed) external repaysNothing {
        if (releases == 0) return;
        ReleaseId id = ReleaseId.wrap(seed % releases + 1);
        uint256 before = usdc.balanceOf(address(vault));
        try vault.execute(id) {
            paidOut += before - usdc.balanceOf(address(vault));
        } catch (bytes memory reason) {
            _named(reason);
        }
    }

    function wait(uint256 time) external repaysNothing {
        vm.warp(block.timestamp + within(time, 1, time % 8 == 0 ? 3 days : 20 minutes));
    }

    /* VIEWS */

    function keysCount() external view returns (uint256) {
        return keys.length;
    }

    /* PRIVATE */

    function _fill(uint256 buyer, uint256 seller, uint64 lots, uint64 price, Table memory table) private {
        Order memory maker = _order(seller, -int64(lots), price);
        Order memory taker = _order(buyer, int64(lots), price);
        bytes memory makerSignature = _signed(seller, maker);
        bytes memory takerSignature = _signed(buyer, taker);
        int256 bought = _lots(vm.addr(buyer));
        int256 sold = _lots(vm.addr(seller));
        try venue.fill(maker, makerSignature, taker, takerSignature, lots) {
            ++fills;
            _judge(vm.addr(buyer), bought, table);
            _judge(vm.addr(seller), sold, table);
        } catch (bytes memory reason) {
            _named(reason);
        }
    }

    /// @dev What became larger has its initial margin, no flag and a fresh price; what became smaller is not below 0.
    function _judge(address account, int256 before, Table memory table) private view {
        int256 then = _lots(account);
        Health memory health = _health(account);
        bool smaller = before > 0 ? then >= 0 && then < before : then <= 0 && then > before;
        if (smaller) {
            vm.assertGe(health.equitySpot, 0, "reduced with nothing left");
            return;
        }
        vm.assertTrue(!table.stale, "opened on a stale price");
        vm.assertTrue(health.flaggedAt == 0, "opened while flagged");
        uint256 size = uint256(then > 0 ? then : -then);
        uint256 spot = size * table.imSpot;
        uint256 twap = size * table.imTwap;
        vm.assertGe(health.equitySpot, int256(spot > LEAST_INITIAL ? spot : LEAST_INITIAL), "initial at spot");
        vm.assertGe(health.equityTwap, int256(twap > LEAST_INITIAL ? twap : LEAST_INITIAL), "initial at average");
    }

    function _named(bytes memory reason) private pure {
        vm.assertTrue(reason.length >= 4 && bytes4(reason) != PANIC, "refused without a name");
    }

    function _order(uint256 key, int64 lots, uint64 price) private returns (Order memory) {
        return Order({
            account: vm.addr(key),
            instrument: 0,
            lots: lots,
            limitPrice: price,
            expiry: uint64(block.timestamp),
            minFill: 0,
            reduceOnly: false,
            salt: ++_salt
        });
    }

    function _signed(uint256 key, Order memory order) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, venue.digestOf(order));
        return abi.encodePacked(r, s, v);
    }

    function _deposit(address owner, uint256 amount) private {
        usdc.mint(address(this), amount);
        usdc.approve(address(vault), amount);
        vault.deposit(owner, amount);
    }

    /// @dev floor(amount * X / (X + deficit)), from the accounts themselves.
    function _share(uint256 amount) private view returns (uint256) {
        uint256 deficit = liquidation.deficit();
        if (deficit == 0) return amount;
        int256 held = vault.marginTotal() - int256(liquidation.insurance());
        if (held <= 0) return 0;
        return amount * uint256(held) / (uint256(held) + deficit);
    }

    function _free(uint256 key) private view returns (uint256) {
        return venue.freeMargin(vm.addr(key));
    }

    function _account(uint256 seed) private view returns (address) {
        return vm.addr(keys[seed % keys.length]);
    }

    function _lots(address account) private view returns (int256) {
        (int64 lots,) = venue.position(account, 0);
        return lots;
    }

    function _health(address account) private view returns (Health memory) {
        address[] memory ids = new address[](1);
        ids[0] = account;
        return venue.health(ids)[0];
    }

    /// @dev E < M at both prices, or C < R/2 at spot.
    function _below(address account) private view returns (bool) {
        Health memory health = _health(account);
        if (health.notional == 0) return false;
        bool both =
            health.equitySpot < int256(health.maintenanceSpot) && health.equityTwap < int256(health.maintenanceTwap);
        return both || 2 * health.equitySpot < int256(health.maintenanceSpot);
    }

    function _isBackstop(address account) private view returns (bool) {
        address[] memory list = liquidation.backstops();
        for (uint256 i = 0; i < list.length; ++i) {
            if (list[i] == account) return true;
        }
        return false;
    }
}
