// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ActionClass} from "../types/ActionClass.sol";
import {Ppm} from "../types/Ppm.sol";

/// @notice Says whether an intent was signed by those who must sign it, and how long it has to wait.
/// @dev A consumer builds the EIP-712 digest of its own typed intent, asks here at acceptance and again, with the same
/// proof, at execution. Nothing here changes state: the consumer remembers which digests were used.
interface IAuthority {
    /* TYPES */

    /// @notice What of an intent decides who must sign it.
    /// @param class What the intent does.
    /// @param epoch The epoch in which it was signed.
    /// @param threshold How many signed it, by the key it names.
    struct Action {
        ActionClass class;
        uint64 epoch;
        uint8 threshold;
    }

    /* ERRORS */

    /// @notice The intent belongs to another epoch than the current one.
    error WrongEpoch(uint64 given, uint64 current);

    /// @notice Fewer signed than this class requires at this regime and value.
    error ThresholdTooLow(uint8 given, uint8 required);

    /// @notice The proof has another length than this authority's proofs have, in bytes.
    error MalformedProof(uint256 length);

    /* EXTERNAL */

    /// @notice Returns the delay if `proof` signs `digest` with the authority the action needs now; reverts by name
    /// if not.
    /// @param action Class, epoch and threshold as the intent names them.
    /// @param value The action's share of the vault, in parts per million; 0 where nothing leaves it.
    /// @param digest EIP-712 digest of the intent, which binds chain and consumer.
    /// @param proof The signature, in the authority's own encoding.
    /// @return delay From acceptance to execution, in seconds, by the regime and value of this moment.
    function authorize(Action calldata action, Ppm value, bytes32 digest, bytes calldata proof)
        external
        view
        returns (uint32 delay);

    /// @notice The longest delay that `class` can meet in any regime, in seconds: an accepted intent may wait for it.
    function longestDelay(ActionClass class) external view returns (uint32 delay);

    /// @notice The current epoch, from 1.
    function epoch() external view returns (uint64);
}
