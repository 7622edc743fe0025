// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CollateralVault} from "../../contracts/CollateralVault.sol";
import {Delegations} from "../../contracts/Delegations.sol";
import {Liquidation} from "../../contracts/Liquidation.sol";
import {MarginVenue} from "../../contracts/MarginVenue.sol";
import {RiskEngine} from "../../contracts/RiskEngine.sol";
import {Succession} from "../../contracts/Succession.sol";
import {ThresholdAuthority} from "../../contracts/ThresholdAuthority.sol";
import {IVolatilityOracle} from "../../contracts/interfaces/IVolatilityOracle.sol";
import {DevnetUSDC} from "../../contracts/mocks/DevnetUSDC.sol";
import {ActionClass} from "../../contracts/types/ActionClass.sol";
import {GroupKey} from "../../contracts/types/GroupKey.sol";
import {Health} from "../../contracts/types/Health.sol";
import {LiquidationOrder} from "../../contracts/types/LiquidationOrder.sol";
import {Order} from "../../contracts/types/Order.sol";
import {GroupSigner} from "./GroupSigner.sol";
import {PeopleFixture} from "./PeopleFixture.sol";
import {vm} from "./Vm.sol";
import {SettableOracle} from "./oracles/SettableOracle.sol";

/// @notice A venue with two backstops at $60,000: a lot is $6, and asks for 60 cents of margin, 90 to open; below 48
/// nothing waits. Accounts are named by their keys.
abstract contract VenueFixture is PeopleFixture {
    uint256 internal constant USDC = 1e6;
    uint256 internal constant START = 1_800_000_000;

    /// @dev One bitcoin is ten thousand lots.
    uint64 internal constant BITCOIN = 10_000;
    uint64 internal constant PRICE = 6_000_000;
    uint32 internal constant U = 100_000;
    uint32 internal constant U_HARD = 80_000;

    uint32 internal constant CURE = 600;
    uint32 internal constant OPEN_AFTER = 300;

    uint8 internal constant SIGNERS = 5;
    uint8 internal constant LOW = 3;
    uint8 internal constant HIGH = 4;
    uint256 internal constant LOW_SECRET = 0x10F;
    uint256 internal constant HIGH_SECRET = 0x417;
    bytes32 internal constant CERTIFICATE = keccak256("certificate");

    uint256 internal constant ALICE_KEY = 0xA11CE;
    uint256 internal constant BOB_KEY = 0xB0B;
    uint256 internal constant CAROL_KEY = 0xCA201;
    uint256 internal constant DELEGATE_KEY = 0xDE1;
    uint256 internal constant FIRST_KEY = 0xF1257;
    uint256 internal constant SECOND_KEY = 0x5EC0;

    address internal immutable ALICE = vm.addr(ALICE_KEY);
    address internal immutable BOB = vm.addr(BOB_KEY);
    address internal immutable CAROL = vm.addr(CAROL_KEY);
    address internal immutable DELEGATE = vm.addr(DELEGATE_KEY);
    address internal immutable FIRST = vm.addr(FIRST_KEY);
    address internal immutable SECOND = vm.addr(SECOND_KEY);
    address internal constant ANYONE = address(0xBEEF);

    DevnetUSDC internal usdc;
    SettableOracle internal settable;
    IVolatilityOracle internal oracle;
    ThresholdAuthority internal authority;
    RiskEngine internal risk;
    CollateralVault internal vault;
    MarginVenue internal venue;
    Succession internal succession;
    Delegations internal delegations;
    Liquidation internal liquidation;

    uint256 internal salt;

    function setUp() public virtual {
        vm.warp(START);
        usdc = new DevnetUSDC();
        settable = new SettableOracle();
        oracle = IVolatilityOracle(address(settable));
        setPrice(PRICE);
        deployPeople(oracle);
        authority = new ThresholdAuthority(groupKeys(), SIGNERS, CERTIFICATE, oracle, people);
        risk = new RiskEngine(oracle);
        succession = new Succession(authority, people);
        deployVenue();
    }

    function groupKeys() internal returns (GroupKey[] memory keys) {
        keys = new GroupKey[](2);
        keys[0] = GroupSigner.keyOf(LOW_SECRET, LOW);
        keys[1] = GroupSigner.keyOf(HIGH_SECRET, HIGH);
    }

    /// @dev Vault, venue and liquidation name each other, so their addresses are known before they are.
    function deployVenue() internal virtual {
        uint256 nonce = vm.getNonce(address(this));
        address next = vm.computeCreateAddress(address(this), nonce + 2);
        vault = new CollateralVault(usdc, authority, people, oracle, next);
        delegations = new Delegations(next);
        address last = vm.computeCreateAddress(address(this), nonce + 3);
        venue = new MarginVenue(vault, oracle, risk, last, delegations, succession);
        liquidation = new Liquidation(venue, vault, oracle, risk, authority, twoBackstops(), CURE, OPEN_AFTER);
    }

    function twoBackstops() internal view returns (address[] memory list) {
        list = new address[](2);
        (list[0], list[1]) = (FIRST, SECOND);
    }

    /* PRICES */

    function setPrice(uint64 price) internal {
        setPrices(price, price, false);
    }

    function setPrices(uint64 spot, uint64 twap, bool stale) internal {
        IVolatilityOracle.Reading memory reading;
        (reading.spot, reading.twap, reading.stale) = (spot, twap, stale);
        (reading.u, reading.uHard, reading.uInitial) = (U, U_HARD, U);
        (reading.updatedAt, reading.epochId) = (uint40(block.timestamp), 1);
        settable.set(reading);
    }

    function skip(uint256 time) internal {
        vm.warp(block.timestamp + time);
    }

    /* ACCOUNTS */

    function deposit(address owner, uint256 amount) internal {
        usdc.mint(address(this), amount);
        usdc.approve(address(vault), amount);
        vault.deposit(owner, amount);
    }

    /// @dev Gives an account margin.
    function fund(address owner, uint256 amount) internal {
        deposit(owner, amount);
        vm.prank(owner);
        vault.toMargin(amount);
    }

    function insure(uint256 amount) internal {
        deposit(address(liquidation), amount);
        liquidation.fund(amount);
    }

    function cashOf(address account) internal view returns (int256) {
        return vault.margin(account);
    }

    function lotsOf(address account) internal view returns (int256) {
        (int64 lots,) = venue.position(account, 0);
        return lots;
    }

    function healthOf(address account) internal view returns (Health memory) {
        address[] memory ids = new address[](1);
        ids[0] = account;
        return venue.health(ids)[0];
    }

    /* ORDERS */

    function anOrder(uint256 key, int64 lots, uint64 price) internal returns (Order memory) {
        return Order({
            account: vm.addr(key),
            instrument: 0,
            lots: lots,
            limitPrice: price,
            expiry: uint64(block.timestamp + 1 hours),
            minFill: 0,
            reduceOnly: false,
            salt: ++salt
        });
    }

    function signed(uint256 key, Order memory order) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, venue.digestOf(order));
        return abi.encodePacked(r, s, v);
    }

    /// @dev The seller makes, the buyer takes.
    function trade(uint256 buyer, uint256 seller, uint64 lots, uint64 price) internal {
        Order memory maker = anOrder(seller, -int64(lots), price);
        Order memory taker = anOrder(buyer, int64(lots), price);
        fill(maker, signed(seller, maker), taker, signed(buyer, taker), lots);
    }

    function fill(
        Order memory maker,
        bytes memory makerSignature,
        Order memory taker,
        bytes memory takerSignature,
        uint64 lots
    ) internal {
        vm.prank(ANYONE);
        venue.fill(maker, makerSignature, taker, takerSignature, lots);
    }

    /// @dev Expects the trade to be refused, and tries it.
    function refuse(bytes memory reason, uint256 buyer, uint256 seller, uint64 lots, uint64 price) internal {
        Order memory maker = anOrder(seller, -int64(lots), price);
        Order memory taker = anOrder(buyer, int64(lots), price);
        refuse(reason, maker, seller, taker, buyer, lots);
    }

    function refuse(
        bytes memory reason,
        Order memory maker,
        uint256 makerKey,
        Order memory taker,
        uint256 takerKey,
        uint64 lots
    ) internal {
        bytes memory makerSignature = signed(makerKey, maker);
        bytes memory takerSignature = signed(takerKey, taker);
        expectRevert(reason);
        venue.fill(maker, makerSignature, taker, takerSignature, lots);
    }

    /* DELEGATES */

    /// @dev Lets Alice's delegate sign with these limits, in every instrument.
    function delegate(uint40 expiry, uint64 notionalLimit, uint64 dailyLossBudget) internal {
        delegate(expiry, notionalLimit, dailyLossBudget, type(uint256).max);
    }

    function delegate(uint40 expiry, uint64 notionalLimit, uint64 dailyLossBudget, uint256 instruments) internal {
        vm.prank(ALICE);
        delegations.setDelegate(DELEGATE, expiry, notionalLimit, dailyLossBudget, instruments);
    }

    /* LIQUIDATIONS */

    function aBatch(address account) internal returns (LiquidationOrder memory) {
        address[] memory list = new address[](1);
        list[0] = account;
        return aBatch(list);
    }

    function aBatch(address[] memory list) internal returns (LiquidationOrder memory) {
        return LiquidationOrder({
            accounts: list,
            epoch: 1,
            class: ActionClass.A,
            threshold: LOW,
            nonce: ++salt,
            deadline: uint64(block.timestamp + 600)
        });
    }

    function signed(LiquidationOrder memory order) internal returns (bytes memory) {
        return GroupSigner.sign(order.threshold == LOW ? LOW_SECRET : HIGH_SECRET, liquidation.digestOf(order));
    }

    function liquidate(address account) internal {
        liquidate(aBatch(account));
    }

    function liquidate(LiquidationOrder memory order) internal {
        bytes memory proof = signed(order);
        vm.prank(ANYONE);
        liquidation.liquidateBatch(order, proof);
    }

    function expectRevert(bytes memory reason) internal {
        vm.expectRevert(reason);
    }
}
