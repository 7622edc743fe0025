// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPeople} from "../../../contracts/interfaces/IPeople.sol";
import {ActionClass} from "../../../contracts/types/ActionClass.sol";
import {Ppm} from "../../../contracts/types/Ppm.sol";

/// @notice Takes every proof of everybody, after whatever delay a proof chose, and takes everybody for a guardian: a
/// quorum of any kind, hostile or not.
contract AnyAuthority is IPeople {
    uint32 private _delay;
    uint32 private _longest;

    function answer(uint32 delay, uint32 longest) external {
        (_delay, _longest) = (delay, longest);
    }

    function authorize(Action calldata, Ppm, bytes32, bytes calldata) external view returns (uint32) {
        return _delay;
    }

    function longestDelay(ActionClass) external view returns (uint32) {
        return _longest;
    }

    function isGuardian(address) external pure returns (bool) {
        return true;
    }

    function epoch() external pure returns (uint64) {
        return 1;
    }
}
