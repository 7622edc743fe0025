// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {OutflowCap} from "../../../contracts/libraries/OutflowCap.sol";
import {OwnDelay} from "../../../contracts/libraries/OwnDelay.sol";
import {PauseClock} from "../../../contracts/libraries/PauseClock.sol";
import {ReleaseClock} from "../../../contracts/libraries/ReleaseClock.sol";
import {StandingInstructions} from "../../../contracts/libraries/StandingInstructions.sol";
import {Ppm} from "../../../contracts/types/Ppm.sol";
import {Regime} from "../../../contracts/types/Regime.sol";
import {Release, ReleaseState} from "../../../contracts/types/Release.sol";
import {Standing} from "../../../contracts/types/Standing.sol";
import {vm} from "../Vm.sol";

/// @dev Time in which sums of seconds do not overflow: 34,000 years, less what the longest sum adds.
uint256 constant VAULT_TIME = type(uint40).max - 400 days;

/// @notice Any request, and any two pauses one after the other, whatever was before them.
contract PauseClockProofs {
    using ReleaseClock for Release;

    /// @dev The first may be ended early by the people; between both there may be none, since each begins from the end
    /// of the one before it.
    struct Pauses {
        uint40 before;
        uint40 first;
        uint40 firstEnds;
        uint40 second;
    }

    /// @dev Held up in one second of the first pause: then in none of the second.
    /// @custom:proves INV-PAUSE-1
    function check_WhenARequestMetAPause_ThenItMeetsNoOther(
        Pauses calldata pauses,
        uint40 requestedAt,
        uint40 held,
        uint40 again
    ) external {
        uint40 secondEnds = _begin(pauses);
        Release memory requested = _requestedAt(requestedAt);
        vm.assume(held >= pauses.first && held >= requestedAt);
        vm.assume(_isHeld(requested, pauses.firstEnds, held));
        vm.assume(again >= pauses.second && again <= VAULT_TIME);
        assert(!_isHeld(requested, secondEnds, again));
    }

    /// @custom:proves INV-PAUSE-1
    function check_WhenAPauseBegins_ThenItEndsBy72HoursAndTheNextAnExitBoundLater(Pauses calldata pauses) external {
        uint40 secondEnds = _begin(pauses);
        assert(secondEnds == uint256(pauses.second) + 72 hours);
        assert(pauses.second >= uint256(pauses.firstEnds) + 14 days);
        vm.warp(secondEnds);
        try this.requireRunning(secondEnds) {}
        catch {
            assert(false);
        }
    }

    function requireRunning(uint40 pausedUntil) external view {
        PauseClock.requireRunning(pausedUntil);
    }

    /// @dev Both begin as the vault begins them; the people end the first at any moment of it, or not.
    function _begin(Pauses calldata pauses) private returns (uint40 secondEnds) {
        vm.assume(pauses.first <= pauses.second && pauses.second <= VAULT_TIME && pauses.before <= VAULT_TIME);
        vm.warp(pauses.first);
        uint40 endsItself = PauseClock.begin(pauses.before);
        vm.assume(pauses.firstEnds >= pauses.first && pauses.firstEnds <= endsItself);
        vm.warp(pauses.second);
        return PauseClock.begin(pauses.firstEnds);
    }

    /// @dev What `execute` asks: a release younger than its exit bound, in a second in which outflows are stopped.
    function _isHeld(Release memory requested, uint40 pausedUntil, uint40 time) private returns (bool) {
        vm.warp(time);
        if (!requested.isBound()) return false;
        try this.requireRunning(pausedUntil) {
            return false;
        } catch {
            return true;
        }
    }

    function _requestedAt(uint40 requestedAt) private pure returns (Release memory requested) {
        vm.assume(requestedAt <= VAULT_TIME);
        requested.requestedAt = requestedAt;
        requested.state = ReleaseState.Requested;
    }
}

/// @notice Any release, at any time.
contract ReleaseClockProofs {
    using ReleaseClock for Release;

    /// @custom:proves INV-VETO-1
    function check_WhenVetoedOrNot_ThenRipeByTheExitBoundAndNotBeforeItsDelayBeganAnew(
        uint40 requestedAt,
        uint40 vetoedAt,
        uint8 regime,
        uint256 share
    ) external pure {
        vm.assume(regime <= uint8(type(Regime).max));
        // A veto comes after the request, and before its exit bound.
        vm.assume(vetoedAt == 0 || (vetoedAt >= requestedAt && vetoedAt < uint256(requestedAt) + 14 days));
        Release memory requested;
        (requested.requestedAt, requested.vetoedAt) = (requestedAt, vetoedAt);
        uint256 delay = OwnDelay.delay(Regime(regime), Ppm.wrap(share));

        uint256 ripeAt = requested.ripeAt(delay);
        uint256 bound = uint256(requestedAt) + 14 days;
        assert(ripeAt <= bound && requested.exitAt() == bound);
        assert(ripeAt >= uint256(requestedAt) + 24 hours);
        if (vetoedAt != 0) assert(ripeAt == bound || ripeAt == uint256(vetoedAt) + delay);
    }

    /// @custom:proves INV-VAULT-6
    function check_WhenTheExitBoundHasCome_ThenNothingBindsARelease(uint40 requestedAt, uint40 time) external {
        Release memory requested;
        requested.requestedAt = requestedAt;
        vm.warp(time);
        assert(requested.isBound() == (uint256(time) < uint256(requestedAt) + 14 days));
    }
}

/// @notice The bucket from anything that may stand in it, whatever is paid from whatever capacity.
/// @dev That a payment counts for no less than its share is a division that solvers do not finish: a fuzz test's.
contract OutflowCapProofs {
    uint256 private constant TICKS = 256;
    uint256 private constant DAY = 1 days * TICKS;

    /// @dev One step of an induction over any number of payments from `since` on: `shares` is what they add up to, as
    /// parts of a day's capacity in ticks. It starts at nothing, where the claim holds, and each step keeps it.
    /// @custom:proves INV-CAP-1
    function check_WhenPaymentsFollow_ThenTheirSharesAreADaysAndTheTimeThatPassed(
        uint40 since,
        uint40 time,
        uint48 fullAt,
        uint256 shares,
        uint64 capacity,
        uint64 amount
    ) external {
        vm.assume(since <= time && time <= VAULT_TIME);
        uint256 start = since * TICKS;
        uint256 full = fullAt > start ? fullAt : start;
        vm.assume(shares <= full - start);
        vm.warp(time);
        uint256 next = OutflowCap.consume(fullAt, capacity, amount);
        uint256 from = fullAt > time * TICKS ? fullAt : time * TICKS;
        assert(next >= from);
        shares += next - from;
        assert(shares <= next - start);
        assert(shares <= DAY + (time - since) * TICKS);
    }

    /// @custom:proves INV-CAP-2
    function check_WhenACapIsTaken_ThenItIsBetweenATwentiethAndAllOfTheVault(uint256 next) external pure {
        uint24 cap = OutflowCap.checked(next);
        assert(cap == next && cap >= 50_000 && cap <= 1_000_000);
    }
}

/// @notice Any instruction that may stand, used whenever anybody likes.
contract StandingProofs {
    using StandingInstructions for mapping(address owner => Standing);

    mapping(address owner => Standing standing) private _book;

    /// @custom:proves INV-STANDING-1
    function check_WhenUsedTwice_ThenAPeriodApartAndNotAfterItsEnd(
        address owner,
        Standing calldata standing,
        uint40 first,
        uint40 second
    ) external {
        // No other period is ever set: proved below.
        vm.assume(standing.period <= StandingInstructions.MOST_PERIOD);
        vm.assume(first <= second && second <= VAULT_TIME);
        _book[owner] = standing;
        vm.warp(first);
        uint256 amount = _book.use(owner);
        vm.warp(second);
        uint256 again = _book.use(owner);
        assert(second >= uint256(first) + standing.period);
        assert(first >= standing.nextAt && second <= standing.until);
        assert(amount == standing.amount && again == standing.amount && amount != 0);
    }

    /// @dev What is set is used from then on, by its own period; another owner's instruction is not touched.
    /// @custom:proves INV-STANDING-1
    function check_WhenSetAnew_ThenByItsOwnTermsAndNobodyElses(
        address owner,
        address other,
        Standing calldata others,
        uint64 amount,
        uint32 period,
        uint40 until,
        uint40 time
    ) external {
        vm.assume(owner != other && time <= VAULT_TIME);
        vm.warp(time);
        _book[other] = others;
        _book[owner] = StandingInstructions.begun(amount, period, until);
        assert(_book.use(owner) == amount && time <= until);
        assert(_book[owner].nextAt == uint256(time) + period);
        assert(period >= 1 hours && period <= 366 days);
        assert(_book[other].nextAt == others.nextAt && _book[other].amount == others.amount);
    }
}
