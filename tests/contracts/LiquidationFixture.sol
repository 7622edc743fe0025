// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Health} from "../../contracts/types/Health.sol";
import {VenueFixture} from "./VenueFixture.sol";

/// @notice Alice is long a bitcoin from $60,000 with $20,000 behind it, Bob short. She falls below her margin at
/// $44,444, below the hard threshold at $43,478, below half of her margin at $42,105, and has nothing left at $40,000.
abstract contract LiquidationFixture is VenueFixture {
    uint256 internal constant MARGIN = 20_000 * USDC;
    uint256 internal constant BACKSTOP = 200_000 * USDC;

    uint64 internal constant SOFT = 4_400_000;
    uint64 internal constant HARD = 4_300_000;
    uint64 internal constant HALF = 4_200_000;
    uint64 internal constant INSOLVENT = 3_900_000;

    function setUp() public virtual override {
        super.setUp();
        fund(ALICE, MARGIN);
        fund(BOB, 10 * MARGIN);
        fund(CAROL, 10 * MARGIN);
        fund(FIRST, BACKSTOP);
        fund(SECOND, BACKSTOP);
        trade(ALICE_KEY, BOB_KEY, BITCOIN, PRICE);
    }

    /// @dev What an account is, in one word: nothing moved where it stays.
    function fingerprint(address account) internal view returns (bytes32) {
        return keccak256(abi.encode(cashOf(account), lotsOf(account), healthOf(account)));
    }

    /// @dev Not below its margin, at spot.
    function isHealthy(address account) internal view returns (bool) {
        Health memory health = healthOf(account);
        return health.equitySpot >= int256(health.maintenanceSpot);
    }
}
