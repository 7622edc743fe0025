// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAuthority} from "../../../contracts/interfaces/IAuthority.sol";
import {ActionClass} from "../../../contracts/types/ActionClass.sol";
import {Ppm} from "../../../contracts/types/Ppm.sol";

/// @notice Believes everybody, an hour later.
contract SlowAuthority is IAuthority {
    uint32 private constant DELAY = 1 hours;

    function authorize(Action calldata, Ppm, bytes32, bytes calldata) external pure returns (uint32) {
        return DELAY;
    }

    function longestDelay(ActionClass) external pure returns (uint32) {
        return DELAY;
    }

    function epoch() external pure returns (uint64) {
        return 1;
    }
}
