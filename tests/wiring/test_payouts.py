"""Payouts through custodian processes, with custodians dying: the whole way, nothing replaced."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from custody.chain.vault import Vault
from custody.coordinator import SigningCoordinator
from custody.errors import NotEnoughSigners, Reverted
from custody.identifiers import Address, SignerId
from custody.intents.classes import ActionClass
from custody.policy.facts import ReleaseState
from custody.units import HOUR, USDC, MicroUsdc
from custody.wiring.payouts import Payouts, draft_expedite
from custody.wiring.stage import Stage
from tests.wiring.conftest import A_DAY_AND_A_BUCKET, Run, owners


def payouts_of(stage: Stage, on_set: Any = lambda _: None) -> Payouts:
    return Payouts(
        vault=stage.vault,
        client=stage.client,
        coordinator=SigningCoordinator(stage.asker(), on_set=on_set),
        tenure=stage.ceremony.tenure,
    )


def a_request(vault: Vault, owner: Address, usdc: int) -> int:
    return vault.request_release(owner, MicroUsdc(usdc * USDC))


@pytest.fixture
def keeper(stage: Stage) -> Address:
    return stage.client.accounts()[9]


@pytest.fixture(autouse=True)
def a_new_day(stage: Stage) -> None:
    """What was expedited in one test is forgotten in the next."""
    stage.client.advance(A_DAY_AND_A_BUCKET)


class TestGivenFiveCustodiansAlive:
    @pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc is Linux's")
    def test_when_the_kernel_is_asked_then_none_of_their_processes_may_leave_a_core(
        self, everybody_alive: Stage
    ) -> None:
        for custodian in everybody_alive.custodians:
            assert custodian.child is not None
            limits = Path(f"/proc/{custodian.child.pid}/limits").read_text().splitlines()
            core = next(line for line in limits if line.startswith("Max core file size"))
            assert core.split()[4:6] == ["0", "0"], "soft and hard"

    def test_when_a_small_release_is_expedited_then_three_distinct_processes_signed_and_it_is_paid(
        self, everybody_alive: Stage, run: Run[Any], keeper: Address
    ) -> None:
        stage, owner = everybody_alive, owners(everybody_alive)[0]
        before = stage.vault.balance_of(owner)
        release_id = a_request(stage.vault, owner, 1_000)
        payout = run(payouts_of(stage).pay(draft_expedite(stage.vault, stage.client, release_id), sender=keeper))
        pids = {stage.custodians[seat - 1].child.pid for seat in payout.signed.signers}
        assert payout.paid
        assert len(pids) == len(payout.signed.signers) == 3
        assert stage.vault.balance_of(owner) - before == 1_000 * USDC

    def test_when_a_large_release_is_asked_of_three_then_every_custodian_says_needs_4_of_5(
        self, everybody_alive: Stage, run: Run[Any]
    ) -> None:
        stage = everybody_alive
        release_id = a_request(stage.vault, owners(stage)[0], 50_000)
        intent = draft_expedite(stage.vault, stage.client, release_id, action=ActionClass.B, threshold=3)
        with pytest.raises(NotEnoughSigners) as caught:
            run(payouts_of(stage).sign(intent))
        assert len(caught.value.refused) == 5
        assert all("threshold-too-low: needs 4 of 5" in why for why in caught.value.refused.values())

    def test_when_a_large_release_is_signed_by_four_then_it_waits_and_then_pays_once(
        self, everybody_alive: Stage, run: Run[Any], keeper: Address
    ) -> None:
        stage = everybody_alive
        release_id = a_request(stage.vault, owners(stage)[1], 50_000)
        payout = run(payouts_of(stage).pay(draft_expedite(stage.vault, stage.client, release_id), sender=keeper))
        assert not payout.paid
        assert len(payout.signed.signers) == 4
        with pytest.raises(Reverted, match="TooEarly"):
            stage.vault.expedite(payout.signed.intent, payout.signed.signature, sender=keeper)
        stage.client.advance(6 * HOUR)
        stage.vault.expedite(payout.signed.intent, payout.signed.signature, sender=keeper)
        assert stage.vault.release(release_id).state is ReleaseState.PAID
        with pytest.raises(Reverted, match="ReleaseNotRequested"):
            stage.vault.expedite(payout.signed.intent, payout.signed.signature, sender=keeper)

    def test_when_a_watcher_hands_the_signature_in_first_then_the_owner_is_paid_all_the_same(
        self, everybody_alive: Stage, run: Run[Any]
    ) -> None:
        stage, watcher = everybody_alive, everybody_alive.client.accounts()[7]
        owner = owners(stage)[2]
        before = stage.vault.balance_of(owner)
        release_id = a_request(stage.vault, owner, 700)
        signed = run(payouts_of(stage).sign(draft_expedite(stage.vault, stage.client, release_id)))
        stage.vault.expedite(signed.intent, signed.signature, sender=watcher)
        assert stage.vault.balance_of(owner) - before == 700 * USDC


class TestGivenTwoCustodiansDying:
    def test_when_one_dies_idle_and_one_between_approval_and_share_then_class_b_is_paid(
        self, everybody_alive: Stage, run: Run[Any], keeper: Address
    ) -> None:
        stage = everybody_alive
        stage.custodians[4].kill()
        killed: list[SignerId] = []

        def kill_one(signers: tuple[SignerId, ...]) -> None:
            if not killed:
                killed.append(signers[0])
                stage.custodians[signers[0] - 1].kill()

        release_id = a_request(stage.vault, owners(stage)[0], 500)
        intent = draft_expedite(stage.vault, stage.client, release_id)
        payout = run(payouts_of(stage, kill_one).pay(intent, sender=keeper))
        assert payout.paid
        assert payout.signed.sessions == 2
        assert killed[0] not in payout.signed.signers
        assert 5 not in payout.signed.signers

    def test_when_two_of_the_set_die_between_approval_and_share_then_class_b_is_paid(
        self, everybody_alive: Stage, run: Run[Any], keeper: Address
    ) -> None:
        stage = everybody_alive
        killed: set[SignerId] = set()

        def kill_two(signers: tuple[SignerId, ...]) -> None:
            if not killed:
                killed.update(signers[:2])
                for seat in killed:
                    stage.custodians[seat - 1].kill()

        release_id = a_request(stage.vault, owners(stage)[0], 500)
        intent = draft_expedite(stage.vault, stage.client, release_id)
        payout = run(payouts_of(stage, kill_two).pay(intent, sender=keeper))
        assert payout.paid
        assert not killed & set(payout.signed.signers)


class TestGivenACustodianThatHasJustRestarted:
    def test_when_its_share_is_needed_then_the_coordinator_wakes_it_by_itself(
        self, everybody_alive: Stage, run: Run[Any], keeper: Address
    ) -> None:
        """Four are asked for a key of four; one of them waits until its peers vouch for its memory."""
        stage = everybody_alive
        for seat in (2, 5):
            stage.custodians[seat - 1].kill()
        stage.custodians[1].start(stage.children)
        stage.custodians[1].await_ready()
        release_id = a_request(stage.vault, owners(stage)[0], 50_000)
        intent = draft_expedite(stage.vault, stage.client, release_id)
        payout = run(payouts_of(stage).pay(intent, sender=keeper))
        assert payout.signed.signers == (1, 2, 3, 4)

    def test_when_too_few_of_its_peers_live_then_it_says_that_it_waits_for_them(
        self, everybody_alive: Stage, run: Run[Any]
    ) -> None:
        stage = everybody_alive
        for seat in (1, 2, 5):
            stage.custodians[seat - 1].kill()
        stage.custodians[1].start(stage.children)
        stage.custodians[1].await_ready()
        release_id = a_request(stage.vault, owners(stage)[0], 500)
        with pytest.raises(NotEnoughSigners) as caught:
            run(payouts_of(stage).sign(draft_expedite(stage.vault, stage.client, release_id)))
        assert caught.value.approved == (3, 4)
        assert "waiting: 2 peers vouched, which is too few" in str(caught.value)


class TestGivenCustodiansThatHangOnAChainThatGoesOn:
    @pytest.fixture
    def frozen(self, everybody_alive: Stage) -> Iterator[set[int]]:
        """Processes that are stopped, not dead: they take a request and never answer."""
        pids: set[int] = set()
        yield pids
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
        everybody_alive.client.set_interval_mining(0)

    def test_when_one_of_each_set_hangs_between_approval_and_share_then_class_b_is_paid(
        self, everybody_alive: Stage, run: Run[Any], keeper: Address, frozen: set[int]
    ) -> None:
        """Blocks come every second meanwhile: the block that was named first is too old for the third session."""
        stage = everybody_alive

        def freeze(signers: tuple[SignerId, ...]) -> None:
            if len(frozen) < 2:
                child = stage.custodians[signers[0] - 1].child
                assert child is not None
                os.kill(child.pid, signal.SIGSTOP)
                frozen.add(child.pid)

        release_id = a_request(stage.vault, owners(stage)[0], 500)
        intent = draft_expedite(stage.vault, stage.client, release_id)
        stage.client.set_interval_mining(1)
        payout = run(payouts_of(stage, freeze).pay(intent, sender=keeper))
        assert payout.paid
        assert payout.signed.sessions == 3


class TestGivenThreeCustodiansDead:
    def test_when_a_release_is_asked_then_it_says_who_is_silent_and_nothing_is_half_done(
        self, everybody_alive: Stage, run: Run[Any], keeper: Address
    ) -> None:
        stage = everybody_alive
        for seat in (1, 3, 5):
            stage.custodians[seat - 1].kill()
        release_id = a_request(stage.vault, owners(stage)[0], 500)
        intent = draft_expedite(stage.vault, stage.client, release_id)
        with pytest.raises(NotEnoughSigners) as caught:
            run(payouts_of(stage).pay(intent, sender=keeper))
        assert str(caught.value) == "needs 3 of 5 custodians, 2 approved; silent: 1, 3, 5"
        assert stage.vault.release(release_id).state is ReleaseState.REQUESTED

    def test_when_the_third_dies_between_approval_and_share_then_nothing_is_half_done(
        self, everybody_alive: Stage, run: Run[Any], keeper: Address
    ) -> None:
        stage = everybody_alive
        for seat in (4, 5):
            stage.custodians[seat - 1].kill()
        release_id = a_request(stage.vault, owners(stage)[0], 500)
        intent = draft_expedite(stage.vault, stage.client, release_id)
        with pytest.raises(NotEnoughSigners) as caught:
            run(payouts_of(stage, lambda signers: stage.custodians[0].kill()).pay(intent, sender=keeper))
        assert str(caught.value) == "needs 3 of 5 custodians, 2 approved; silent: 1, 4, 5"
        assert stage.vault.release(release_id).state is ReleaseState.REQUESTED


class TestGivenEveryCustodianDead:
    def test_when_its_own_delay_has_passed_then_the_owner_is_paid_without_anybody(
        self, everybody_alive: Stage, keeper: Address
    ) -> None:
        stage, owner = everybody_alive, owners(everybody_alive)[1]
        for custodian in stage.custodians:
            custodian.kill()
        # Within what the outflow cap lets out in a day.
        amount = stage.vault.idle(owner) // (2 * USDC)
        before = stage.vault.balance_of(owner)
        release_id = a_request(stage.vault, owner, amount)
        with pytest.raises(Reverted, match="TooEarly"):
            stage.vault.execute(release_id, sender=keeper)
        _, _, now = stage.client.head()
        stage.client.advance(stage.vault.ripe_at(release_id) - now)
        stage.vault.execute(release_id, sender=keeper)
        assert stage.vault.balance_of(owner) - before == amount * USDC
        assert stage.vault.books().drift == 0
