// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICollateralVault} from "../interfaces/ICollateralVault.sol";
import {DEFICIT} from "../types/DeficitAccount.sol";
import {SignedMath} from "@openzeppelin/contracts/utils/math/SignedMath.sol";

/// @notice What margin holds, and what it lacks.
/// @param held X: the vault's cash in margin without the insurance while a deficit stands, all of it else; zero where
/// that is below zero.
/// @param deficit Holes that insurance did not fill.
struct Coverage {
    uint256 held;
    uint256 deficit;
}

using DeficitRate for Coverage global;

/// @notice What margin pays while a deficit stands (MARGIN §5.4): r = X / (X + deficit). Everybody who leaves bears the
/// same part.
/// @custom:invariant INV-RATE-1 However often and in whatever order margin leaves, X + deficit pays X at most, and
/// nobody gains by being first or last but what others lost in rounding.
library DeficitRate {
    /* INTERNAL */

    /// @notice How things stand now.
    /// @param insurance The account of the insurance, whose cash fills holes and pays nobody's claim.
    function read(ICollateralVault vault, address insurance) internal view returns (Coverage memory coverage) {
        // Never above zero.
        coverage.deficit = SignedMath.abs(vault.margin(DEFICIT));
        int256 held = vault.marginTotal();
        if (coverage.deficit != 0) held -= vault.margin(insurance);
        coverage.held = uint256(SignedMath.max(held, 0));
    }

    /// @notice The most that can be given up at once: what is owed. More would be a claim on a hole not yet booked.
    function most(Coverage memory coverage) internal pure returns (uint256) {
        return coverage.held == 0 ? 0 : coverage.held + coverage.deficit;
    }

    /// @notice floor(amount * r): what is paid for `amount` of margin. The rest of it reduces the deficit.
    /// @dev Nothing overflows: 64 bits of cash, and what all accounts together lost.
    function payout(Coverage memory coverage, uint256 amount) internal pure returns (uint256) {
        if (coverage.deficit == 0) return amount;
        return amount * coverage.held / (coverage.held + coverage.deficit);
    }
}
