"""The vault through ape, as its users see it: deposit, request, wait, execute, and errors by name.

Run by `ape test tests/ape --network ethereum:local:foundry`.
"""

import ape
import pytest

USDC = 10**6
DAY = 24 * 60 * 60

# Regime and ReleaseState, as in contracts/types.
CALM, ELEVATED, STRESSED = range(3)
PAID = 3


@pytest.fixture
def deployer(accounts):
    return accounts[0]


@pytest.fixture
def owner(accounts):
    return accounts[1]


@pytest.fixture
def anyone(accounts):
    return accounts[2]


@pytest.fixture
def usdc(project, deployer):
    return deployer.deploy(project.DevnetUSDC)


@pytest.fixture
def oracle(project, deployer):
    return deployer.deploy(project.DevnetRegimeOracle)


@pytest.fixture
def vault(project, deployer, usdc, oracle):
    # The owner's own way out asks no authority: that no custodian can answer here is part of the test.
    # Nor does it ask a venue: any address will do for one.
    return deployer.deploy(project.CollateralVault, usdc, oracle, oracle, oracle, oracle)


@pytest.fixture
def deposited(vault, usdc, owner):
    usdc.mint(owner, 1_000 * USDC, sender=owner)
    usdc.approve(vault, 1_000 * USDC, sender=owner)
    return vault.deposit(owner, 1_000 * USDC, sender=owner)


@pytest.fixture
def release_id(vault, owner, deposited):
    receipt = vault.requestRelease(200 * USDC, sender=owner)
    (event,) = receipt.events.filter(vault.ReleaseRequested)
    return event.id


def wait_until(chain, timestamp):
    chain.pending_timestamp = timestamp
    chain.mine()


class TestGivenADeposit:
    def test_when_it_arrived_then_it_is_idle_and_said_so(self, vault, owner, deposited):
        assert vault.idle(owner) == vault.recorded() == 1_000 * USDC
        (event,) = deposited.events.filter(vault.Deposited)
        assert (event.owner, event.payer, event.amount) == (owner, owner, 1_000 * USDC)

    def test_when_more_than_it_is_requested_then_reverts_insufficient_idle(self, vault, owner, deposited):
        with ape.reverts(vault.InsufficientIdle, requested=1_001 * USDC, available=1_000 * USDC):
            vault.requestRelease(1_001 * USDC, sender=owner)


class TestGivenARequestedRelease:
    def test_when_executed_at_once_then_reverts_too_early(self, vault, release_id, anyone):
        with ape.reverts(vault.TooEarly):
            vault.execute(release_id, sender=anyone)

    def test_when_executed_one_second_early_then_reverts_too_early(self, chain, vault, release_id, anyone):
        ripe_at = vault.ripeAt(release_id)
        wait_until(chain, ripe_at - 2)
        chain.pending_timestamp = ripe_at - 1
        with ape.reverts(vault.TooEarly):
            vault.execute(release_id, sender=anyone)

    def test_when_ripe_then_anyone_pays_it_to_the_owner(self, chain, vault, usdc, release_id, owner, anyone):
        wait_until(chain, vault.ripeAt(release_id))
        receipt = vault.execute(release_id, sender=anyone)
        assert usdc.balanceOf(owner) == 200 * USDC
        assert usdc.balanceOf(vault) == vault.recorded() == 800 * USDC
        assert vault.release(release_id).state == PAID
        (event,) = receipt.events.filter(vault.ReleasePaid)
        assert (event.to, event.amount, event.expedited) == (owner, 200 * USDC, False)

    def test_when_executed_twice_then_reverts_release_not_requested(self, chain, vault, release_id, anyone):
        wait_until(chain, vault.ripeAt(release_id))
        vault.execute(release_id, sender=anyone)
        with ape.reverts(vault.ReleaseNotRequested):
            vault.execute(release_id, sender=anyone)

    def test_when_the_market_is_stressed_then_it_waits_longer(self, vault, oracle, release_id, deployer):
        calm = vault.ripeAt(release_id)
        oracle.set(STRESSED, False, sender=deployer)
        assert vault.ripeAt(release_id) == calm + 5 * DAY  # 7 days and not 2: more than 1 % of the vault.

    def test_when_somebody_else_cancels_then_reverts_not_release_owner(self, vault, release_id, anyone):
        with ape.reverts(vault.NotReleaseOwner):
            vault.cancelRelease(release_id, sender=anyone)
