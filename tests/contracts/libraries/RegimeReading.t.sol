// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IRegimeOracle} from "../../../contracts/interfaces/IRegimeOracle.sol";
import {RegimeReading} from "../../../contracts/libraries/RegimeReading.sol";
import {DevnetRegimeOracle} from "../../../contracts/mocks/DevnetRegimeOracle.sol";
import {Regime} from "../../../contracts/types/Regime.sol";
import {vm} from "../Vm.sol";
import {GasBurningOracle, RevertingOracle, TerseOracle, VerboseOracle, WordOracle} from "../oracles/HostileOracles.sol";

contract GivenAnOracle {
    /// @dev Room for the call itself beside what the oracle may spend.
    uint256 private constant OVERHEAD_GAS = 10_000;

    function test_WhenTheSelectorIsCompared_ThenItIsTheInterfaces() external pure {
        vm.assertEq(bytes32(RegimeReading.REGIME_SELECTOR), bytes32(IRegimeOracle.regime.selector), "selector");
    }

    function test_WhenItAnswers_ThenTheAnswerIsRead() external {
        DevnetRegimeOracle oracle = new DevnetRegimeOracle();
        _expect(address(oracle), Regime.CALM, false);
        oracle.set(Regime.ELEVATED, false);
        _expect(address(oracle), Regime.ELEVATED, false);
        oracle.set(Regime.STRESSED, false);
        _expect(address(oracle), Regime.STRESSED, false);
    }

    function test_WhenItIsStale_ThenTheRegimeIsStressed() external {
        DevnetRegimeOracle oracle = new DevnetRegimeOracle();
        oracle.set(Regime.CALM, true);
        _expect(address(oracle), Regime.STRESSED, true);
    }

    /// @custom:invariant INV-REGIME-1
    function test_WhenItIsHostileOrGone_ThenStressedAndStaleAtABoundedCost() external {
        _expect(address(new RevertingOracle()), Regime.STRESSED, true);
        _expect(address(new GasBurningOracle()), Regime.STRESSED, true);
        _expect(address(new TerseOracle()), Regime.STRESSED, true);
        _expect(address(0xDEAD), Regime.STRESSED, true);
        // Memory reads zero: a CALM answer with a tail nobody copies.
        _expect(address(new VerboseOracle()), Regime.CALM, false);
    }

    /// @custom:invariant INV-REGIME-1
    function testFuzz_WhenItAnswersAnyWords_ThenOnlyAWellFormedAnswerIsBelieved(uint256 regimeWord, uint256 staleWord)
        external
    {
        bool wellFormed = regimeWord <= 2 && staleWord == 0;
        _expect(
            address(new WordOracle(regimeWord, staleWord)),
            wellFormed ? Regime(regimeWord) : Regime.STRESSED,
            !wellFormed
        );
        _expect(
            address(new WordOracle(regimeWord % 4, staleWord % 2)),
            regimeWord % 4 < 3 && staleWord % 2 == 0 ? Regime(regimeWord % 4) : Regime.STRESSED,
            regimeWord % 4 == 3 || staleWord % 2 == 1
        );
    }

    function _expect(address oracle, Regime expected, bool expectedStale) private view {
        uint256 before = gasleft();
        (Regime regime, bool stale) = RegimeReading.read(oracle);
        vm.assertLe(before - gasleft(), RegimeReading.ORACLE_GAS + OVERHEAD_GAS, "gas");
        vm.assertEq(uint256(regime), uint256(expected), "regime");
        vm.assertEq(stale, expectedStale, "stale");
    }
}
