// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {VaultReleases} from "./VaultReleases.sol";
import {VaultRules} from "./VaultRules.sol";
import {IAuthority} from "./interfaces/IAuthority.sol";
import {ICollateralVault} from "./interfaces/ICollateralVault.sol";
import {IMarginGate} from "./interfaces/IMarginGate.sol";
import {IPeople} from "./interfaces/IPeople.sol";
import {IRegimeOracle} from "./interfaces/IRegimeOracle.sol";
import {AcceptanceBook} from "./libraries/AcceptanceBook.sol";
import {RollingWindow} from "./libraries/RollingWindow.sol";
import {StandingInstructions} from "./libraries/StandingInstructions.sol";
import {Ledger, Sum} from "./types/Ledger.sol";
import {PendingPayout} from "./types/PendingPayout.sol";
import {ReleaseId} from "./types/Release.sol";
import {Standing} from "./types/Standing.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @notice Holds collateral and lets it out only to its owner, after a public delay that custodians may shorten.
/// @dev TRUST: an owner alone requests, and chooses where its own requests pay; custodians, through `authority`, only
/// shorten the delay of what an owner has requested; `oracle` only chooses among fixed delays; anyone executes what is
/// ripe. Guardians only delay, and the people only bound what leaves in a day: neither past the exit bound. `venue`
/// alone moves margin: between accounts, to a sum of zero, and back to the idle of the account it is of; it never
/// touches what is idle or queued. There is no other role.
/// @dev TOKEN: six decimals. It may take a fee from what arrives, return nothing, return false, call back or refuse a
/// recipient. Assumed never to lower the vault's balance by more than the vault sends.
/// @custom:invariant INV-VAULT-1 token.balanceOf(this) >= recorded == idleTotal + queuedTotal + marginTotal
/// @custom:invariant INV-VAULT-2 idleTotal is the sum of all idle balances, queuedTotal that of all Requested releases,
/// marginTotal that of all margin balances, and marginTotal >= 0: no hole in margin reaches what is idle or queued.
/// @custom:invariant INV-VAULT-3 Tokens leave only as a release its owner requested, to the address pinned then.
/// @custom:invariant INV-VAULT-4 A release leaves Requested once, and never comes back.
/// @custom:invariant INV-VAULT-5 A digest takes effect at most once, on this chain and contract only: an expedite
/// because its release leaves Requested, every other intent because it is Done.
/// @custom:invariant INV-VAULT-6 From requestedAt + EXIT_BOUND on, `execute` calls the token and nothing else.
/// @custom:invariant INV-VAULT-7 An expedite is judged by the regime and value of the moment it pays.
/// @custom:invariant INV-VAULT-8 An accepted expedite is void for ever once its lapse has passed.
/// @custom:invariant INV-VAULT-9 Whoever calls first, a valid signature keeps its force until done, or lapsed.
/// @custom:invariant INV-VAULT-10 A payout address changes by its owner's request, PAYOUT_DELAY later, unless the
/// owner or the address it replaces says no.
/// @custom:invariant INV-VAULT-11 Whoever is hostile, dead or paused, a request past its exit bound pays.
/// @custom:invariant INV-VAULT-12 Whatever custodians sign, nobody is paid who was not pinned by an owner's request.
/// @custom:invariant INV-VAULT-13 Collateral of an owner who pays to another address enters margin, where orders
/// alone move it, only once that address could have said no for PAYOUT_DELAY.
/// @custom:invariant INV-PAUSE-4 While paused nothing younger than its exit bound leaves; all else goes on.
/// @custom:invariant INV-VETO-2 One veto an account in 30 days, so at most one a release, and none past its exit bound.
/// @custom:invariant INV-VETO-3 What was vetoed, or requested within the exit bound of a veto of the account's, is never
/// expedited, whatever was accepted before.
/// @custom:invariant INV-CAP-4 Every payment before its exit bound counts against the cap, own or signed; none after.
/// @custom:invariant INV-STANDING-2 A standing instruction makes an ordinary release of its owner's, to its payout
/// address, of idle collateral it has; else it reverts and is not used.
/// @custom:invariant INV-BATCH-2 A batch pays what it describes of owners' requests, once, and is judged by the sum of
/// all its amounts.
/// @custom:invariant INV-BATCH-3 What a batch cannot pay stays as it was and stops none of the others.
contract CollateralVault is VaultReleases {
    using SafeERC20 for IERC20;
    using SafeCast for uint256;

    /* CONSTANTS */

    /// @notice From the request of a new payout address to its effect.
    uint256 public constant PAYOUT_DELAY = 3 days;

    /// @notice The most the vault answers for, in the token's units: what a lane of a rolling window can hold.
    uint256 public constant MAX_RECORDED = RollingWindow.LANE_MAX * WHOLE;

    /* IMMUTABLES */

    /// @inheritdoc ICollateralVault
    address public immutable venue;

    /* STORAGE */

    /// @inheritdoc ICollateralVault
    mapping(address account => int256 amount) public margin;

    /// @inheritdoc ICollateralVault
    mapping(address owner => PendingPayout pending) public pendingPayout;

    /// @inheritdoc ICollateralVault
    mapping(address owner => Standing standing) public standing;

    /* MODIFIERS */

    modifier onlyVenue() {
        require(msg.sender == venue, NotVenue(msg.sender, venue));
        _;
    }

    /* CONSTRUCTOR */

    /// @param token_ The collateral, for ever.
    /// @param authority_ Who may shorten delays, for ever.
    /// @param people_ Who guards, and who changes parameters, for ever.
    /// @param oracle_ Where the regime is read for the vault's own delays, for ever.
    /// @param venue_ Who moves margin, for ever. It names the vault in its own constructor, so it has no code yet.
    constructor(IERC20 token_, IAuthority authority_, IPeople people_, IRegimeOracle oracle_, address venue_)
        EIP712("CollateralVault", "1")
        VaultRules(people_)
        VaultReleases(token_, authority_, oracle_)
    {
        _requireContract(address(token_));
        _requireContract(address(authority_));
        _requireContract(address(people_));
        _requireContract(address(oracle_));
        require(venue_ != address(0) && venue_ != address(this), InvalidVenue(venue_));
        venue = venue_;
    }

    /* EXTERNAL: COLLATERAL */

    /// @inheritdoc ICollateralVault
    /// @dev The call comes first, since what it brings is only known after it; the guard keeps callbacks out.
    function deposit(address owner, uint256 amount) external nonReentrant {
        require(owner != address(0) && owner != address(this), InvalidOwner(owner));
        uint256 balanceBefore = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        uint256 balanceAfter = token.balanceOf(address(this));
        require(balanceAfter > balanceBefore, NothingReceived(balanceBefore, balanceAfter));
        uint256 received = balanceAfter - balanceBefore;

        uint256 held = recorded();
        require(received <= MAX_RECORDED - held, DepositPastLimit(received, MAX_RECORDED - held));
        _recordSize(held, held + received);
        _ledger = _giveIdle(owner, received, _ledger);
        emit Deposited(owner, msg.sender, received);
    }

    /* EXTERNAL: STANDING INSTRUCTIONS */

    /// @inheritdoc ICollateralVault
    function setStanding(uint64 amount, uint32 period, uint40 until) external {
        require(amount != 0, ZeroAmount());
        standing[msg.sender] = StandingInstructions.begun(amount, period, until);
        emit StandingSet(msg.sender, amount, period, until);
    }

    /// @inheritdoc ICollateralVault
    function revokeStanding() external {
        delete standing[msg.sender];
        emit StandingRevoked(msg.sender);
    }

    /// @inheritdoc ICollateralVault
    function requestStanding(address owner) external nonReentrant returns (ReleaseId id) {
        return _request(owner, StandingInstructions.use(standing, owner));
    }

    /* EXTERNAL: MARGIN */

    /// @inheritdoc ICollateralVault
    function toMargin(uint256 amount) external nonReentrant {
        Owner memory entry = _owners[msg.sender];
        bool asked = entry.marginOpen || entry.payout == address(0) || entry.payout == msg.sender;
        require(asked, MarginNotAsked(msg.sender, entry.payout));
        // Before there is a venue nothing could bring it back.
        _requireContract(venue);
        require(IMarginGate(venue).mayEnterMargin(msg.sender), MarginClosed(msg.sender));
        _ledger = _takeIdle(msg.sender, amount, _ledger).plus(Sum.Margin, amount);
        margin[msg.sender] += int256(amount);
        emit MovedToMargin(msg.sender, amount);
    }

    /// @inheritdoc ICollateralVault
    function transferMargin(address from, address to, uint256 amount) external onlyVenue {
        int256 moved = amount.toInt256();
        margin[from] -= moved;
        margin[to] += moved;
        emit MarginTransferred(from, to, amount);
    }

    /// @inheritdoc ICollateralVault
    function marginToIdle(address account, uint256 amount) external onlyVenue {
        int256 cash = margin[account];
        require(amount.toInt256() <= cash, InsufficientMarginCash(amount, cash));
        Ledger ledger = _ledger;
        uint256 total = ledger.sum(Sum.Margin);
        require(amount <= total, MarginExhausted(amount, total));
        // The cast is safe: at most all margin, at most MAX_RECORDED.
        margin[account] = cash - int256(amount);
        _ledger = _giveIdle(account, amount, ledger.minus(Sum.Margin, amount));
        emit MovedToIdle(account, amount);
    }

    /* EXTERNAL: PAYOUT ADDRESS */

    /// @inheritdoc ICollateralVault
    function requestPayout(address to) external {
        require(to != address(0) && to != address(this), InvalidPayout(to));
        // The cast is safe: 40 bits of seconds last 34,000 years.
        uint40 readyAt = uint40(block.timestamp + PAYOUT_DELAY);
        pendingPayout[msg.sender] = PendingPayout({to: to, readyAt: readyAt});
        emit PayoutRequested(msg.sender, to, readyAt);
    }

    /// @inheritdoc ICollateralVault
    function applyPayout(address owner) external {
        PendingPayout memory pending = _pending(owner);
        AcceptanceBook.requireRipe(pending.readyAt);
        delete pendingPayout[owner];
        Owner storage entry = _owners[owner];
        // Who is in margin may have to top it up.
        entry.marginOpen = pending.to == venue || margin[owner] != 0;
        if (pending.to != venue) entry.payout = pending.to;
        emit PayoutApplied(owner, pending.to);
    }

    /// @inheritdoc ICollateralVault
    function cancelPayout(address owner) external {
        PendingPayout memory pending = _pending(owner);
        address payout = payoutOf(owner);
        require(msg.sender == owner || msg.sender == payout, NotPayoutGuardian(msg.sender, owner, payout));
        delete pendingPayout[owner];
        emit PayoutCancelled(owner, pending.to, msg.sender);
    }

    /* EXTERNAL: VIEWS */

    /// @inheritdoc ICollateralVault
    function idleTotal() external view returns (uint256) {
        return _ledger.sum(Sum.Idle);
    }

    /// @inheritdoc ICollateralVault
    function queuedTotal() external view returns (uint256) {
        return _ledger.sum(Sum.Queued);
    }

    /// @inheritdoc ICollateralVault
    function marginTotal() external view returns (int256) {
        // The cast is safe: 56 bits.
        return int256(_ledger.sum(Sum.Margin));
    }

    /// @inheritdoc ICollateralVault
    function entered() external view returns (bool) {
        return _reentrancyGuardEntered();
    }

    /* PUBLIC */

    /// @inheritdoc ICollateralVault
    function recorded() public view returns (uint256) {
        return _ledger.held();
    }

    /* PRIVATE */

    function _pending(address owner) private view returns (PendingPayout memory pending) {
        pending = pendingPayout[owner];
        require(pending.to != address(0), NoPendingPayout(owner));
    }

    function _requireContract(address given) private view {
        require(given.code.length != 0, NotAContract(given));
    }
}
