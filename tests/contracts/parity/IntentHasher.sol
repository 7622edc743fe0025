// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EpochRotation, hashEpochRotation} from "../../../contracts/types/EpochRotation.sol";
import {Expedite, hashExpedite} from "../../../contracts/types/Expedite.sol";
import {Heartbeat, hashHeartbeat} from "../../../contracts/types/Heartbeat.sol";
import {LiquidationOrder, hashLiquidationOrder} from "../../../contracts/types/LiquidationOrder.sol";
import {Operation, hashCalls, hashOperation} from "../../../contracts/types/Operation.sol";
import {Order, hashOrder} from "../../../contracts/types/Order.sol";
import {ParameterChange, hashParameterChange} from "../../../contracts/types/ParameterChange.sol";
import {Pause, hashPause} from "../../../contracts/types/Pause.sol";
import {CancelRecoveries, Recovery, hashCancelRecoveries, recoveryId} from "../../../contracts/types/Recovery.sol";
import {ReleaseBatch, hashReleaseBatch} from "../../../contracts/types/ReleaseBatch.sol";
import {SettlementOverride, hashSettlementOverride} from "../../../contracts/types/SettlementOverride.sol";
import {SigningWindow, hashSigningWindow} from "../../../contracts/types/SigningWindow.sol";
import {Successor, hashSuccessor} from "../../../contracts/types/Successor.sol";
import {Unpause, hashUnpause} from "../../../contracts/types/Unpause.sol";

/// @notice Hashes arrays of every struct as the contracts do: what Python's digests are compared with.
contract IntentHasher {
    function eachEpochRotation(EpochRotation[] calldata given) external pure returns (bytes32[] memory hashes) {
        hashes = new bytes32[](given.length);
        for (uint256 i = 0; i < given.length; ++i) {
            hashes[i] = hashEpochRotation(given[i]);
        }
    }

    function eachExpedite(Expedite[] calldata given) external pure returns (bytes32[] memory hashes) {
        hashes = new bytes32[](given.length);
        for (uint256 i = 0; i < given.length; ++i) {
            hashes[i] = hashExpedite(given[i]);
        }
    }

    function eachHeartbeat(Heartbeat[] calldata given) external pure returns (bytes32[] memory hashes) {
        hashes = new bytes32[](given.length);
        for (uint256 i = 0; i < given.length; ++i) {
            hashes[i] = hashHeartbeat(given[i]);
        }
    }

    function eachLiquidationOrder(LiquidationOrder[] calldata given) external pure returns (bytes32[] memory hashes) {
        hashes = new bytes32[](given.length);
        for (uint256 i = 0; i < given.length; ++i) {
            hashes[i] = hashLiquidationOrder(given[i]);
        }
    }

    function eachOrder(Order[] calldata given) external pure returns (bytes32[] memory hashes) {
        hashes = new bytes32[](given.length);
        for (uint256 i = 0; i < given.length; ++i) {
            hashes[i] = hashOrder(given[i]);
        }
    }

    function eachParameterChange(ParameterChange[] calldata given) external pure returns (bytes32[] memory hashes) {
        hashes = new bytes32[](given.length);
        for (uint256 i = 0; i < given.length; ++i) {
            hashes[i] = hashParameterChange(given[i]);
        }
    }

    function eachPause(Pause[] calldata given) external pure returns (bytes32[] memory hashes) {
        hashes = new bytes32[](given.length);
        for (uint256 i = 0; i < given.length; ++i) {
            hashes[i] = hashPause(given[i]);
        }
    }

    function eachReleaseBatch(ReleaseBatch[] calldata given) external pure returns (bytes32[] memory hashes) {
        hashes = new bytes32[](given.length);
        for (uint256 i = 0; i < given.length; ++i) {
            hashes[i] = hashReleaseBatch(given[i]);
        }
    }

    function eachSettlementOverride(SettlementOverride[] calldata given)
        external
        pure
        returns (bytes32[] memory hashes)
    {
        hashes = new bytes32[](given.length);
        for (uint256 i = 0; i < given.length; ++i) {
            hashes[i] = hashSettlementOverride(given[i]);
        }
    }

    function eachSigningWindow(SigningWindow[] calldata given) external pure returns (bytes32[] memory hashes) {
        hashes = new bytes32[](given.length);
        for (uint256 i = 0; i < given.length; ++i) {
            hashes[i] = hashSigningWindow(given[i]);
        }
    }

    function eachSuccessor(Successor[] calldata given) external pure returns (bytes32[] memory hashes) {
        hashes = new bytes32[](given.length);
        for (uint256 i = 0; i < given.length; ++i) {
            hashes[i] = hashSuccessor(given[i]);
        }
    }

    function eachUnpause(Unpause[] calldata given) external pure returns (bytes32[] memory hashes) {
        hashes = new bytes32[](given.length);
        for (uint256 i = 0; i < given.length; ++i) {
            hashes[i] = hashUnpause(given[i]);
        }
    }

    function eachOperation(Operation[] calldata given) external pure returns (bytes32[] memory hashes) {
        hashes = new bytes32[](given.length);
        for (uint256 i = 0; i < given.length; ++i) {
            hashes[i] = hashOperation(given[i], hashCalls(given[i].calls));
        }
    }

    function eachCancelRecoveries(CancelRecoveries[] calldata given) external pure returns (bytes32[] memory hashes) {
        hashes = new bytes32[](given.length);
        for (uint256 i = 0; i < given.length; ++i) {
            hashes[i] = hashCancelRecoveries(given[i]);
        }
    }

    function eachRecovery(Recovery[] calldata given) external pure returns (bytes32[] memory hashes) {
        hashes = new bytes32[](given.length);
        for (uint256 i = 0; i < given.length; ++i) {
            hashes[i] = recoveryId(given[i]);
        }
    }
}
