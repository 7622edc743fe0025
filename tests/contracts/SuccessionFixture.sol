// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IVolatilityOracle} from "../../contracts/interfaces/IVolatilityOracle.sol";
import {ActionClass} from "../../contracts/types/ActionClass.sol";
import {Regime} from "../../contracts/types/Regime.sol";
import {Successor} from "../../contracts/types/Successor.sol";
import {GroupSigner} from "./GroupSigner.sol";
import {LiquidationFixture} from "./LiquidationFixture.sol";
import {vm} from "./Vm.sol";

/// @notice A venue, and two contracts that might follow it.
abstract contract SuccessionFixture is LiquidationFixture {
    uint256 internal constant CALM_DELAY = 48 hours;
    uint256 internal constant STRESSED_DELAY = 7 days;

    address internal NEXT;
    address internal OTHER;

    function setUp() public virtual override {
        super.setUp();
        (NEXT, OTHER) = (address(usdc), address(settable));
    }

    function aSuccessor(address next) internal returns (Successor memory) {
        return Successor({
            successor: next,
            epoch: 1,
            class: ActionClass.D,
            threshold: HIGH,
            nonce: ++salt,
            deadline: uint64(block.timestamp + 7 days)
        });
    }

    function signed(Successor memory intent) internal returns (bytes memory) {
        return GroupSigner.sign(intent.threshold == LOW ? LOW_SECRET : HIGH_SECRET, succession.digestOf(intent));
    }

    function bring(Successor memory intent) internal {
        bytes memory proof = signed(intent);
        vm.prank(ANYONE);
        succession.name(intent, proof);
    }

    function refuseName(bytes memory reason, Successor memory intent) internal {
        bytes memory proof = signed(intent);
        expectRevert(reason);
        vm.prank(ANYONE);
        succession.name(intent, proof);
    }

    function nameNext() internal {
        Successor memory intent = aSuccessor(NEXT);
        bring(intent);
        skip(CALM_DELAY);
        setPrice(settable.reading().spot);
        bring(intent);
    }

    function setRegime(Regime regime, bool stale) internal {
        IVolatilityOracle.Reading memory reading = settable.reading();
        (reading.regime, reading.stale) = (regime, stale);
        settable.set(reading);
    }
}
