// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {vm} from "./Vm.sol";

/// @notice Reads a contract's code, opcode by opcode.
library OpcodeWalk {
    /// @notice Fails if DELEGATECALL, CALLCODE or SELFDESTRUCT stands in the code, or if no call at all does.
    function requireRunsOnlyItself(bytes memory code) internal pure {
        // The last two bytes are the length of the metadata before them, which is never run.
        uint256 metadata = uint256(uint8(code[code.length - 2])) << 8 | uint8(code[code.length - 1]);
        uint256 end = code.length - 2 - metadata;
        uint256 calls = 0;
        for (uint256 i = 0; i < end; ++i) {
            uint8 opcode = uint8(code[i]);
            // Over what PUSH carries.
            if (opcode >= 0x60 && opcode <= 0x7f) i += opcode - 0x5f;
            if (opcode == 0xf1 || opcode == 0xfa) ++calls;
            vm.assertTrue(opcode != 0xf4 && opcode != 0xf2 && opcode != 0xff, "runs other code in its place");
        }
        vm.assertTrue(calls >= 1, "the walk met a call");
    }
}
