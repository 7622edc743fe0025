// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev The cheatcodes of halmos that the proofs use.
interface Symbolic {
    /// @notice A call of any function of the contract that changes state, with any arguments.
    function createCalldata(string calldata contractName) external view returns (bytes memory);
    function createBytes(uint256 size, string calldata name) external view returns (bytes memory);
}

/// @dev Where halmos answers: the last 20 bytes of keccak256("svm cheat code").
Symbolic constant symbolic = Symbolic(0xF3993A62377BCd56AE39D773740A5390411E8BC9);
