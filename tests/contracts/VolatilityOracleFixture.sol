// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {VolatilityOracle} from "../../contracts/VolatilityOracle.sol";
import {IAggregatorV3} from "../../contracts/interfaces/IAggregatorV3.sol";
import {IVolatilityOracle} from "../../contracts/interfaces/IVolatilityOracle.sol";
import {PriceFeed} from "../../contracts/mocks/PriceFeed.sol";
import {vm} from "./Vm.sol";

/// @notice A feed that answers whatever a test makes it say.
contract OddFeed is IAggregatorV3 {
    struct Answer {
        int256 price;
        uint256 updatedAt;
    }

    uint8 public decimals = 8;
    string public constant description = "odd";
    uint256 public constant version = 1;

    mapping(uint80 id => Answer answer) private _answers;
    uint80 private _latest;
    bytes private _raw;
    bool private _answersZeros;

    function set(uint80 id, int256 price, uint256 updatedAt) external {
        _answers[id] = Answer(price, updatedAt);
        if (id > _latest) _latest = id;
    }

    function setDecimals(uint8 decimals_) external {
        decimals = decimals_;
    }

    /// @dev From now on the newest round is these bytes.
    function setRaw(bytes calldata raw) external {
        _raw = raw;
    }

    /// @dev From now on missing rounds are zeros instead of a revert.
    function setAnswersZeros() external {
        _answersZeros = true;
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        bytes memory raw = _raw;
        if (raw.length != 0) {
            assembly ("memory-safe") {
                return(add(raw, 0x20), mload(raw))
            }
        }
        return getRoundData(_latest);
    }

    function getRoundData(uint80 id) public view returns (uint80, int256, uint256, uint256, uint80) {
        Answer memory answer = _answers[id];
        require(answer.updatedAt != 0 || _answersZeros, "No data present");
        return (id, answer.price, answer.updatedAt, answer.updatedAt, id);
    }
}

/// @notice An oracle in cents that has seen one round, at the first second of an hour, and nothing since.
abstract contract VolatilityOracleFixture {
    /// @dev First second of an hour.
    uint256 internal constant START = 1_800_000_000;
    int256 internal constant PRICE = 3000e8;
    uint64 internal constant PRICE_TICKS = 3000_00;
    uint32 internal constant HEARTBEAT = 3600;
    uint32 internal constant GRACE = 900;
    uint8 internal constant TICK_DECIMALS = 2;
    uint80 internal constant FIRST_ID = (1 << 64) | 1;

    /// @dev ceil(4·900,000·sqrt(4 h / 1 y)): the rate that starting at 90 % gives.
    uint32 internal constant FIRST_RATE = 76_928;

    address internal constant ANYONE = address(0xBEEF);

    PriceFeed internal feed;
    VolatilityOracle internal oracle;

    function setUp() public virtual {
        vm.warp(START);
        feed = new PriceFeed();
        push(PRICE, START);
        oracle = anOracle(feed);
    }

    function anOracle(IAggregatorV3 from) internal returns (VolatilityOracle) {
        return new VolatilityOracle(from, TICK_DECIMALS, HEARTBEAT, GRACE);
    }

    /// @dev Publishes a round; the clock moves there if it has not passed.
    function push(int256 answer, uint256 time) internal {
        if (block.timestamp < time) vm.warp(time);
        PriceFeed.Round[] memory rounds = new PriceFeed.Round[](1);
        // The cast is safe: times of tests fit 40 bits.
        rounds[0] = PriceFeed.Round({answer: answer, updatedAt: uint40(time)});
        feed.push(rounds);
    }

    /// @dev Publishes and consumes a round `wait` seconds from now.
    function tell(int256 answer, uint256 wait) internal {
        push(answer, block.timestamp + wait);
        oracle.poke(1);
    }

    function read() internal view returns (IVolatilityOracle.Reading memory) {
        return oracle.reading();
    }

    function skip(uint256 time) internal {
        vm.warp(block.timestamp + time);
    }

    function expectEmit() internal {
        vm.expectEmit(true, true, true, true, address(oracle));
    }
}
