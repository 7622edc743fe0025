// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A price feed that publishes rounds: the interface of Chainlink's proxies.
/// @dev A round's number is (phase << 64) | n: n counts from 1 within a phase, and a feed that moves to another source
/// begins the next phase.
/// @dev Source: AggregatorV3Interface of Chainlink.
interface IAggregatorV3 {
    /// @notice Decimals of every answer.
    function decimals() external view returns (uint8);

    /// @notice What is priced, in what.
    function description() external view returns (string memory);

    /// @notice Version of the feed's source.
    function version() external view returns (uint256);

    /// @notice One round. A feed that has no such round reverts, or answers zeros.
    /// @param roundId The number asked for.
    /// @return id The same number.
    /// @return answer The price, with `decimals`.
    /// @return startedAt When the round began, in seconds.
    /// @return updatedAt When it was answered, in seconds; 0 where there is no answer.
    /// @return answeredInRound Of no use any more.
    function getRoundData(uint80 roundId)
        external
        view
        returns (uint80 id, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound);

    /// @notice The newest round.
    /// @return id Its number.
    /// @return answer The price, with `decimals`.
    /// @return startedAt When the round began, in seconds.
    /// @return updatedAt When it was answered, in seconds.
    /// @return answeredInRound Of no use any more.
    function latestRoundData()
        external
        view
        returns (uint80 id, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound);
}
