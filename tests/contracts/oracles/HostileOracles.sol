// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Always reverts, with a reason too long to copy cheaply.
contract RevertingOracle {
    function regime() external pure {
        assembly {
            revert(0x00, 0x8000)
        }
    }
}

/// @notice Burns all the gas it is given.
contract GasBurningOracle {
    function regime() external pure {
        assembly {
            invalid()
        }
    }
}

/// @notice Answers far more than it was asked.
contract VerboseOracle {
    function regime() external pure {
        assembly {
            return(0x00, 0x8000)
        }
    }
}

/// @notice Answers half.
contract TerseOracle {
    function regime() external pure {
        assembly {
            return(0x00, 0x3f)
        }
    }
}

/// @notice Answers the two words it was built with, whatever types they are.
contract WordOracle {
    uint256 private immutable _regimeWord;
    uint256 private immutable _staleWord;

    constructor(uint256 regimeWord, uint256 staleWord) {
        _regimeWord = regimeWord;
        _staleWord = staleWord;
    }

    function regime() external view returns (uint256, uint256) {
        return (_regimeWord, _staleWord);
    }
}
