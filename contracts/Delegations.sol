// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDelegations} from "./interfaces/IDelegations.sol";
import {DelegateLimits} from "./libraries/DelegateLimits.sol";
import {Delegate} from "./types/Delegate.sol";
import {Step} from "./types/Step.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @notice Remembers which keys sign for which accounts, says who signed an order, and counts what delegates lose.
/// @dev TRUST: an account alone sets, revokes and voids its delegates; `venue` alone charges them, for orders whose
/// digest it made itself. Nothing here moves money or positions. There is no other role.
/// @custom:invariant INV-DELEGATE-1 A delegate fills only in instruments, up to the size and within the day's loss that
/// its account set, and only before its expiry.
/// @custom:invariant INV-DELEGATE-2 Raising the epoch voids every delegate of the account, for ever, and nobody but the
/// account raises it.
/// @custom:invariant INV-DELEGATE-3 A key that was revoked, ran out or fell with an epoch never signs for that account
/// again.
/// @custom:invariant INV-DELEGATE-4 A delegate takes back only what it signed itself, withdraws nothing and sets no
/// delegate.
/// @custom:invariant INV-DELEGATE-5 Only the venue charges.
contract Delegations is IDelegations {
    using DelegateLimits for Delegate;

    /* CONSTANTS */

    /// @notice How far ahead a delegate's expiry may lie: one that was forgotten ends by itself.
    uint256 public constant MAX_TERM = 90 days;

    /* IMMUTABLES */

    /// @inheritdoc IDelegations
    address public immutable venue;

    /* STORAGE */

    /// @inheritdoc IDelegations
    mapping(address account => uint64 epoch) public epochOf;

    /// @inheritdoc IDelegations
    mapping(address key => mapping(bytes32 digest => bool retracted)) public isRetracted;

    mapping(address account => mapping(address key => Delegate limits)) private _delegates;

    /* CONSTRUCTOR */

    /// @param venue_ Who charges, for ever. It names this contract in its own constructor, so it has no code yet.
    constructor(address venue_) {
        require(venue_ != address(0) && venue_ != address(this), InvalidVenue(venue_));
        venue = venue_;
    }

    /* EXTERNAL: ACCOUNTS */

    /// @inheritdoc IDelegations
    function setDelegate(address key, uint40 expiry, uint64 notionalLimit, uint64 dailyLossBudget, uint256 instruments)
        external
    {
        require(key != address(0) && key != msg.sender, InvalidDelegate(key));
        require(instruments != 0, NoInstruments(key));
        require(block.timestamp <= expiry, DelegateExpired(key, expiry));
        uint256 latest = block.timestamp + MAX_TERM;
        require(expiry <= latest, TermTooLong(expiry, latest));

        Delegate memory limits = _delegates[msg.sender][key];
        require(limits.expiry == 0 || _isLive(msg.sender, key), KeySpent(msg.sender, key));
        (limits.expiry, limits.epoch) = (expiry, epochOf[msg.sender]);
        (limits.notionalLimit, limits.dailyLossBudget) = (notionalLimit, dailyLossBudget);
        limits.instruments = instruments;
        _delegates[msg.sender][key] = limits;
        emit DelegateSet(msg.sender, key, expiry, notionalLimit, dailyLossBudget, instruments);
    }

    /// @inheritdoc IDelegations
    function revokeDelegate(address key) external {
        Delegate storage limits = _delegates[msg.sender][key];
        require(limits.expiry != 0, NotDelegate(msg.sender, key));
        limits.revoked = true;
        emit DelegateRevoked(msg.sender, key);
    }

    /// @inheritdoc IDelegations
    function raiseEpoch() external {
        uint64 next = epochOf[msg.sender] + 1;
        epochOf[msg.sender] = next;
        emit EpochRaised(msg.sender, next);
    }

    /* EXTERNAL: DELEGATES */

    /// @inheritdoc IDelegations
    /// @dev Anybody may: it only ever takes from the caller's own word.
    function retract(bytes32 digest) external {
        isRetracted[msg.sender][digest] = true;
        emit Retracted(msg.sender, digest);
    }

    /* EXTERNAL: VENUE */

    /// @inheritdoc IDelegations
    function charge(address account, address key, uint16 instrument, Step calldata step, uint64 spot) external {
        require(msg.sender == venue, NotVenue(msg.sender, venue));
        require(_isLive(account, key), NotDelegate(account, key));
        Delegate storage stored = _delegates[account][key];
        Delegate memory limits = stored;
        (uint64 lossOfDay, uint24 day) = limits.charged(key, instrument, step, spot, block.timestamp);
        if (lossOfDay == limits.lossOfDay && day == limits.day) return;
        (stored.lossOfDay, stored.day) = (lossOfDay, day);
        emit LossCharged(account, key, lossOfDay, day);
    }

    /* EXTERNAL: VIEWS */

    /// @inheritdoc IDelegations
    function signerOf(address account, bytes32 digest, bytes calldata signature) external view returns (address) {
        (address key, ECDSA.RecoverError failed,) = ECDSA.tryRecoverCalldata(digest, signature);
        if (failed == ECDSA.RecoverError.NoError) {
            // Before the account's code is looked at: whoever has the key of an account could replace that code.
            if (key == account) return address(0);
            if (_isLive(account, key)) {
                require(!isRetracted[key][digest], OrderRetracted(key, digest));
                return key;
            }
        }
        bool own =
            account.code.length != 0 && SignatureChecker.isValidERC1271SignatureNowCalldata(account, digest, signature);
        require(own || _delegates[account][key].expiry == 0, NotDelegate(account, key));
        require(own, InvalidSignature(account));
        return address(0);
    }

    /// @inheritdoc IDelegations
    function delegateOf(address account, address key) external view returns (Delegate memory) {
        return _delegates[account][key];
    }

    /// @inheritdoc IDelegations
    function isLive(address account, address key) external view returns (bool) {
        return _isLive(account, key);
    }

    /// @inheritdoc IDelegations
    function allows(address account, address key, uint16 instrument) external view returns (bool) {
        return _delegates[account][key].allows(instrument);
    }

    /* PRIVATE */

    function _isLive(address account, address key) private view returns (bool) {
        Delegate storage limits = _delegates[account][key];
        return !limits.revoked && limits.epoch == epochOf[account] && block.timestamp <= limits.expiry;
    }
}
