// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAuthority} from "./IAuthority.sol";
import {IGuardians} from "./IGuardians.sol";

/// @notice People as other contracts know them: members, who sign together what is of class C, and guardians.
interface IPeople is IAuthority, IGuardians {}
