// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPeople} from "../../../contracts/interfaces/IPeople.sol";
import {ActionClass} from "../../../contracts/types/ActionClass.sol";
import {Ppm} from "../../../contracts/types/Ppm.sol";

/// @notice People who sign everything at once, and of whom everybody is a guardian: what an authority must bear.
contract HastyPeople is IPeople {
    function authorize(Action calldata, Ppm, bytes32, bytes calldata) external pure returns (uint32 delay) {
        return 0;
    }

    function longestDelay(ActionClass) external pure returns (uint32 delay) {
        return 0;
    }

    function epoch() external pure returns (uint64) {
        return 1;
    }

    function isGuardian(address) external pure returns (bool) {
        return true;
    }
}
