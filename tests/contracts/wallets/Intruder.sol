// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What an operation calls, turned against its caller: it makes the calls it was given, and goes on when they
/// fail.
contract Intruder {
    bytes[] private _calls;
    bool[] public succeeded;

    function prepare(bytes memory data) external {
        _calls.push(data);
    }

    function run() external payable {
        for (uint256 i = 0; i < _calls.length; ++i) {
            (bool success,) = msg.sender.call(_calls[i]);
            succeeded.push(success);
        }
    }

    function count() external view returns (uint256) {
        return succeeded.length;
    }
}

/// @notice Writes over the first storage slots of whoever runs its code: what was signed at Bybit.
contract Overwriter {
    function transfer(address, uint256) external {
        assembly {
            for { let slot := 0 } lt(slot, 16) { slot := add(slot, 1) } {
                sstore(slot, not(0))
            }
        }
    }
}
