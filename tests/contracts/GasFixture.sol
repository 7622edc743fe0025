// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {vm} from "./Vm.sol";

/// @notice Reports what transactions cost, for docs/GAS.md: scripts/generate_gas.py reads what is kept here.
/// @dev For tests that run each call as a transaction of its own, with cold storage (`isolate`).
abstract contract GasFixture {
    event Measured(string operation, uint256 gasUsed);

    /// @dev Of the last transaction: the 21,000 and the calldata included, less refunds.
    function report(string memory operation) internal returns (uint256 used) {
        used = vm.lastCallGas().gasTotalUsed;
        keep(operation, used);
    }

    function keep(string memory operation, uint256 used) internal {
        emit Measured(operation, used);
        vm.snapshotValue("gas", operation, used);
    }
}
