// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAuthority} from "./interfaces/IAuthority.sol";
import {IPeople} from "./interfaces/IPeople.sol";
import {ISuccession} from "./interfaces/ISuccession.sol";
import {IThresholdAuthority} from "./interfaces/IThresholdAuthority.sol";
import {AcceptanceBook} from "./libraries/AcceptanceBook.sol";
import {ClassTable} from "./libraries/ClassTable.sol";
import {VetoBook} from "./libraries/VetoBook.sol";
import {Acceptance, AcceptanceState} from "./types/Acceptance.sol";
import {ActionClass} from "./types/ActionClass.sol";
import {VetoRecord} from "./types/Operation.sol";
import {Ppm} from "./types/Ppm.sol";
import {Successor, hashSuccessor} from "./types/Successor.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice Remembers which deployment follows this one, named by the custodians, or by the people after their silence.
/// @dev TRUST: `authority` names, or `people` while it is silent, after the delay of class D; a guardian of `people`
/// vetoes, a limited number of times; anyone brings what they signed. Nothing here moves money, and nothing can be taken
/// back. No other role.
/// @custom:invariant INV-SUCCESSION-1 A successor is named at most once, and never changes.
/// @custom:invariant INV-SUCCESSION-2 It is named only by an intent of class D that was signed for this contract, was
/// accepted in its time, and waited for the delay of the moment in which it takes effect, LEAST_DELAY at least.
/// @custom:invariant INV-SUCCESSION-3 A veto voids all that wait for that successor, and the same one is vetoed at most
/// twice in any 30 days: no guardian blocks for ever.
/// @custom:invariant INV-SUCCESSION-4 The people name only while the custodians are silent, from acceptance to effect; a
/// heartbeat voids for ever what the people proposed before it.
contract Succession is ISuccession, EIP712 {
    using AcceptanceBook for AcceptanceBook.Book;
    using VetoBook for mapping(bytes32 content => VetoRecord);

    /* CONSTANTS */

    /// @notice Whatever an authority answers: guardians have this long.
    uint256 public constant LEAST_DELAY = ClassTable.D_CALM;

    /* IMMUTABLES */

    /// @inheritdoc ISuccession
    IThresholdAuthority public immutable authority;

    /// @inheritdoc ISuccession
    IPeople public immutable people;

    /* STORAGE */

    /// @inheritdoc ISuccession
    address public successor;

    /// @dev Two books, so that what one authority accepted never ripens for the other.
    mapping(bool byPeople => AcceptanceBook.Book book) private _books;

    /// @dev By the candidate's address.
    mapping(bytes32 content => VetoRecord vetoes) private _vetoes;

    /* CONSTRUCTOR */

    /// @param authority_ The custodians, for ever.
    /// @param people_ Members and guardians, for ever: the authority's own.
    constructor(IThresholdAuthority authority_, IPeople people_) EIP712("Succession", "1") {
        _requireContract(address(authority_));
        _requireContract(address(people_));
        address expected = address(authority_.people());
        require(address(people_) == expected, WrongPeople(address(people_), expected));
        authority = authority_;
        people = people_;
    }

    /* EXTERNAL */

    /// @inheritdoc ISuccession
    function name(Successor calldata intent, bytes calldata proof) external {
        _advance(intent, proof, authority, false);
    }

    /// @inheritdoc ISuccession
    /// @dev A heartbeat ends the silence, and with it what the people proposed in it: before the custodians can be
    /// silent again its acceptance has lapsed.
    function nameByPeople(Successor calldata intent, bytes calldata proof) external {
        require(authority.silent(), CustodiansNotSilent());
        _advance(intent, proof, people, true);
    }

    /// @inheritdoc ISuccession
    function veto(Successor calldata intent) external {
        require(people.isGuardian(msg.sender), NotGuardian(msg.sender));
        require(successor == address(0), AlreadyNamed(successor));
        bytes32 digest = digestOf(intent);
        bytes32 content = _contentOf(intent.successor);
        bool waits = _waits(_books[false], digest, content) || _waits(_books[true], digest, content);
        require(waits, NothingWaits(digest));
        _vetoes.add(content);
        emit SuccessorVetoed(digest, intent.successor, msg.sender);
    }

    /* EXTERNAL: VIEWS */

    /// @inheritdoc ISuccession
    function acceptance(bytes32 digest, bool byPeople) external view returns (Acceptance memory) {
        return _books[byPeople].acceptances[digest];
    }

    /// @inheritdoc ISuccession
    function vetoesOf(address candidate) external view returns (VetoRecord memory) {
        return _vetoes[_contentOf(candidate)];
    }

    /* PUBLIC */

    /// @inheritdoc ISuccession
    function digestOf(Successor calldata intent) public view returns (bytes32) {
        return _hashTypedDataV4(hashSuccessor(intent));
    }

    /* PRIVATE */

    /// @dev Asks the authority, at acceptance and when it takes effect alike.
    function _advance(Successor calldata intent, bytes calldata proof, IAuthority judge, bool byPeople) private {
        require(successor == address(0), AlreadyNamed(successor));
        require(intent.class == ActionClass.D, WrongClass(intent.class));
        require(intent.successor != address(this), InvalidSuccessor(intent.successor));
        _requireContract(intent.successor);
        bytes32 digest = digestOf(intent);
        AcceptanceBook.Book storage book = _books[byPeople];
        _requireNotVetoed(book.acceptances[digest], digest, intent.successor);

        uint256 delay = Math.max(_authorizedDelay(intent, proof, digest, judge), LEAST_DELAY);
        uint32 longest = judge.longestDelay(ActionClass.D);
        (bool ripe, uint256 ripeAt) = book.advance(digest, intent.deadline, delay, longest);
        if (!ripe) {
            emit SuccessorAccepted(digest, intent.successor, byPeople, ripeAt);
            return;
        }
        successor = intent.successor;
        emit SuccessorTookEffect(digest, intent.successor, byPeople);
    }

    /// @dev Nothing leaves the vault: no value.
    function _authorizedDelay(Successor calldata intent, bytes calldata proof, bytes32 digest, IAuthority judge)
        private
        view
        returns (uint32 delay)
    {
        IAuthority.Action memory action =
            IAuthority.Action({class: intent.class, epoch: intent.epoch, threshold: intent.threshold});
        return judge.authorize(action, Ppm.wrap(0), digest, proof);
    }

    /// @dev What would be accepted in the very second of a veto would be void before it began.
    function _requireNotVetoed(Acceptance memory accepted, bytes32 digest, address candidate) private view {
        uint256 since = accepted.state == AcceptanceState.Unset ? block.timestamp : accepted.acceptedAt;
        require(!_vetoes.voids(_contentOf(candidate), since), Vetoed(digest));
    }

    function _waits(AcceptanceBook.Book storage book, bytes32 digest, bytes32 content) private view returns (bool) {
        Acceptance memory accepted = book.acceptances[digest];
        return accepted.state == AcceptanceState.Waiting && !_vetoes.voids(content, accepted.acceptedAt);
    }

    function _contentOf(address candidate) private pure returns (bytes32) {
        return bytes32(uint256(uint160(candidate)));
    }

    function _requireContract(address given) private view {
        require(given.code.length != 0, NotAContract(given));
    }
}
