// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAggregatorV3} from "../interfaces/IAggregatorV3.sol";
import {Devnet} from "./Devnet.sol";

/// @notice FOR A DEVNET ONLY: a price feed whose rounds its deployer pushes. It refuses to be deployed anywhere else.
/// @dev As a real feed it may publish an answer that is no price; whoever reads it must cope.
contract PriceFeed is IAggregatorV3 {
    /* TYPES */

    /// @notice What is pushed.
    /// @param answer The price, with 8 decimals.
    /// @param updatedAt When it was answered, in seconds.
    struct Round {
        int256 answer;
        uint40 updatedAt;
    }

    /// @dev One slot.
    struct StoredRound {
        int192 answer;
        uint40 updatedAt;
    }

    /// @dev One slot. `count` rounds of `phase`, the newest of them, or of the phase before, at `updatedAt`.
    struct Newest {
        uint16 phase;
        uint64 count;
        uint40 updatedAt;
    }

    /* CONSTANTS */

    /// @inheritdoc IAggregatorV3
    uint8 public constant decimals = 8;

    /// @inheritdoc IAggregatorV3
    string public constant description = "Devnet price / USD";

    /// @inheritdoc IAggregatorV3
    uint256 public constant version = 1;

    /// @dev Bits of a round's number within its phase.
    uint256 private constant PHASE_SHIFT = 64;

    uint16 private constant FIRST_PHASE = 1;

    /* ERRORS */

    /// @notice Only the deployer pushes rounds.
    error NotDeployer(address caller, address deployer);

    /// @notice A round's time is before the one it follows.
    error EarlierThanLast(uint256 updatedAt, uint256 lastUpdatedAt);

    /// @notice A round's time has not come.
    error InTheFuture(uint256 updatedAt, uint256 time);

    /// @notice The answer passes what a feed stores: 192 bits.
    error AnswerOutOfRange(int256 answer);

    /// @notice There is no such round.
    error NoDataPresent(uint80 roundId);

    /* EVENTS */

    /// @notice A round was published: the event of Chainlink's aggregators.
    event AnswerUpdated(int256 indexed current, uint256 indexed roundId, uint256 updatedAt);

    /// @notice Rounds are counted from 1 again, under the next phase.
    event PhaseBegun(uint16 indexed phase);

    /* IMMUTABLES */

    /// @notice Who may push rounds.
    address public immutable deployer;

    /* STORAGE */

    Newest private _newest;

    mapping(uint80 roundId => StoredRound round) private _rounds;

    /* CONSTRUCTOR */

    constructor() {
        Devnet.requireHere();
        deployer = msg.sender;
        _newest.phase = FIRST_PHASE;
    }

    /* EXTERNAL */

    /// @notice Publishes rounds, in order.
    /// @param rounds Times do not fall and are not in the future.
    function push(Round[] calldata rounds) external {
        _requireDeployer();
        Newest memory newest = _newest;
        for (uint256 i = 0; i < rounds.length; ++i) {
            Round calldata round = rounds[i];
            require(round.updatedAt >= newest.updatedAt, EarlierThanLast(round.updatedAt, newest.updatedAt));
            require(round.updatedAt <= block.timestamp, InTheFuture(round.updatedAt, block.timestamp));
            int192 answer = int192(round.answer);
            require(answer == round.answer, AnswerOutOfRange(round.answer));
            newest.updatedAt = round.updatedAt;
            ++newest.count;
            uint80 id = _idOf(newest);
            _rounds[id] = StoredRound({answer: answer, updatedAt: round.updatedAt});
            emit AnswerUpdated(round.answer, id, round.updatedAt);
        }
        _newest = newest;
    }

    /// @notice Begins the next phase, as a feed does when it moves to another source. Until a round is pushed it has
    /// no newest one.
    function newPhase() external {
        _requireDeployer();
        _newest.count = 0;
        emit PhaseBegun(++_newest.phase);
    }

    /* EXTERNAL: VIEWS */

    /// @inheritdoc IAggregatorV3
    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        return getRoundData(_idOf(_newest));
    }

    /* PUBLIC */

    /// @inheritdoc IAggregatorV3
    function getRoundData(uint80 roundId) public view returns (uint80, int256, uint256, uint256, uint80) {
        StoredRound memory round = _rounds[roundId];
        require(round.updatedAt != 0, NoDataPresent(roundId));
        return (roundId, round.answer, round.updatedAt, round.updatedAt, roundId);
    }

    /* PRIVATE */

    function _requireDeployer() private view {
        require(msg.sender == deployer, NotDeployer(msg.sender, deployer));
    }

    function _idOf(Newest memory newest) private pure returns (uint80) {
        // The cast is safe: 16 bits of phase above 64 of count.
        return uint80((uint256(newest.phase) << PHASE_SHIFT) | newest.count);
    }
}
