// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarginGate} from "../../../contracts/interfaces/IMarginGate.sol";

/// @notice All that a vault asks of a venue: here everybody may enter margin.
contract OpenGate is IMarginGate {
    function mayEnterMargin(address) external pure returns (bool) {
        return true;
    }
}
