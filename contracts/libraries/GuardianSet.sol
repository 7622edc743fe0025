// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What a list of guardians must be.
/// @custom:invariant INV-MULTI-8 Guardians are 3 to 16 different addresses; it takes more than half of them to start a
/// recovery, at least two, and one may always be absent.
library GuardianSet {
    /* CONSTANTS */

    uint256 internal constant LEAST_GUARDIANS = 3;
    uint256 internal constant MOST_GUARDIANS = 16;

    /* ERRORS */

    /// @notice Too few guardians to spare one, or too many to walk over.
    error WrongGuardianCount(uint256 given, uint256 least, uint256 most);

    /// @notice Guardians stand by ascending address, each once; none is zero.
    error GuardiansNotAscending(uint256 index);

    /* INTERNAL */

    /// @notice How many of `count` guardians it takes.
    function quorumOf(uint8 count) internal pure returns (uint8) {
        return count / 2 + 1;
    }

    /// @notice Returns if the list can do what guardians do, reverts by name if not.
    function requireSound(address[] memory guardians) internal pure {
        uint256 count = guardians.length;
        require(
            count >= LEAST_GUARDIANS && count <= MOST_GUARDIANS,
            WrongGuardianCount(count, LEAST_GUARDIANS, MOST_GUARDIANS)
        );
        address previous = address(0);
        for (uint256 i = 0; i < count; ++i) {
            require(guardians[i] > previous, GuardiansNotAscending(i));
            previous = guardians[i];
        }
    }
}
