"""Signatures that Python makes, judged by the contracts on a real chain: each way to be wrong, and parity."""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from custody.chain.client import ChainClient
from custody.chain.compiler import compile_contracts
from custody.chain.deployment import deploy_devnet
from custody.chain.vault import Vault
from custody.cli.develop import find_root
from custody.crypto.frost import Signature, SigningPackage, draw_nonces, sign
from custody.crypto.keys import KeyShare
from custody.crypto.scalars import ORDER, Scalar
from custody.errors import Reverted
from custody.identifiers import Address, SignerId
from custody.intents.classes import ActionClass, NotAThresholdClass, rule
from custody.intents.expedite import Expedite
from custody.policy.clock import DEVNET_CHAIN_ID
from custody.policy.facts import ReleaseState
from custody.units import HOUR, USDC, MicroUsdc, Ppm, Regime
from custody.wiring.devnet import connect, start_anvil
from custody.wiring.payouts import draft_expedite
from custody.wiring.processes import Children
from tests.chain.dealt_keys import deal, sign_together


@dataclass
class Scene:
    client: ChainClient
    vault: Vault
    shares: dict[int, dict[SignerId, KeyShare]]
    owner: Address
    other_vault: Vault

    def draft(self, usdc: int = 100) -> Expedite:
        """A good intent for a fresh request."""
        release_id = self.vault.request_release(self.owner, MicroUsdc(usdc * USDC))
        return draft_expedite(self.vault, self.client, release_id)

    def sign(self, intent: Expedite, *, contract: Address | None = None, chain_id: int = DEVNET_CHAIN_ID) -> Signature:
        digest = intent.digest(chain_id=chain_id, contract=contract or self.vault.deployment.vault)
        holders = self.shares[intent.threshold if intent.threshold in self.shares else 3]
        return sign_together(list(holders.values())[: len(holders) - 1], digest)

    def hand_in(self, intent: Expedite, signature: Signature) -> None:
        self.vault.expedite(intent, signature, sender=self.owner)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    root = find_root(Path(__file__).parent)
    artifacts = compile_contracts(root)
    with Children() as children:
        _, url = start_anvil(children, root=root, folder=tmp_path_factory.mktemp("anvil"))
        client = connect(url, artifacts)
        deployer, owner = client.accounts()[:2]
        shares = {threshold: deal(threshold=threshold, signers=5) for threshold in (3, 4)}
        keys = {threshold: holders[SignerId(1)].key for threshold, holders in shares.items()}
        vaults = []
        for _ in range(2):
            deployment, _ = deploy_devnet(
                client, deployer=deployer, keys=keys, signers=5, certificate=bytes(31) + b"\1"
            )
            vaults.append(Vault(client, deployment))
            vaults[-1].mint_and_deposit(owner, MicroUsdc(1_000_000 * USDC))
        client.advance(28 * HOUR)
        yield Scene(client, vaults[0], shares, owner, vaults[1])


def refused(scene: Scene, intent: Expedite, signature: Signature) -> str:
    with pytest.raises(Reverted) as caught:
        scene.hand_in(intent, signature)
    assert scene.vault.release(intent.release_id).state is ReleaseState.REQUESTED
    return caught.value.error


class TestGivenAGoodIntent:
    def test_when_signed_by_any_who_reach_its_threshold_then_it_pays(self, scene: Scene) -> None:
        intent = scene.draft()
        scene.hand_in(intent, scene.sign(intent))
        assert scene.vault.release(intent.release_id).state is ReleaseState.PAID

    def test_when_used_again_then_its_release_is_no_longer_requested(self, scene: Scene) -> None:
        intent = scene.draft()
        signature = scene.sign(intent)
        scene.hand_in(intent, signature)
        with pytest.raises(Reverted) as caught:
            scene.hand_in(intent, signature)
        assert caught.value.error == "ReleaseNotRequested"

    @pytest.mark.parametrize(
        ("member", "value", "error"),
        [
            ("epoch", 2, "WrongEpoch"),
            ("epoch", 0, "WrongEpoch"),
            ("action_class", ActionClass.A, "WrongClass"),
            ("action_class", ActionClass.C, "WrongClass"),
            ("threshold", 2, "UnknownThreshold"),
            ("threshold", 5, "UnknownThreshold"),
            ("deadline", 1, "DeadlinePassed"),
            ("deadline", 2**63, "DeadlineTooFar"),
            ("amount", MicroUsdc(1), "IntentMismatch"),
            ("to", bytes([9]) * 20, "IntentMismatch"),
            ("owner", bytes([9]) * 20, "IntentMismatch"),
        ],
    )
    def test_when_one_member_is_wrong_then_refused_by_its_own_name(
        self, scene: Scene, member: str, value: object, error: str
    ) -> None:
        intent = replace(scene.draft(), **{member: value})
        assert refused(scene, intent, scene.sign(intent)) == error

    def test_when_three_sign_what_needs_four_then_threshold_too_low(self, scene: Scene) -> None:
        intent = replace(scene.draft(usdc=50_000), action_class=ActionClass.B, threshold=3)
        assert refused(scene, intent, scene.sign(intent)) == "ThresholdTooLow"

    def test_when_stress_comes_before_it_is_handed_in_then_three_no_longer_do(self, scene: Scene) -> None:
        intent = scene.draft()
        signature = scene.sign(intent)
        deployer = scene.client.accounts()[0]
        scene.vault.set_regime(Regime.STRESSED, stale=False, sender=deployer)
        assert refused(scene, intent, signature) == "ThresholdTooLow"
        scene.vault.set_regime(Regime.CALM, stale=False, sender=deployer)
        scene.hand_in(intent, signature)


class TestGivenASignatureThatIsNotOne:
    def test_when_z_is_zero_then_scalar_zero(self, scene: Scene) -> None:
        intent = scene.draft()
        assert refused(scene, intent, Signature(scene.sign(intent).R, Scalar(0))) == "ScalarZero"

    @pytest.mark.parametrize("z", [ORDER, ORDER + 1, 2**256 - 1])
    def test_when_z_is_not_below_the_order_then_scalar_out_of_range(self, scene: Scene, z: int) -> None:
        intent = scene.draft()
        assert refused(scene, intent, Signature(scene.sign(intent).R, Scalar(z))) == "ScalarOutOfRange"

    def test_when_z_is_another_then_invalid_signature(self, scene: Scene) -> None:
        intent = scene.draft()
        signature = scene.sign(intent)
        for z in (signature.z + 1, signature.z - 1, ORDER - signature.z):
            assert refused(scene, intent, Signature(signature.R, Scalar(z))) == "InvalidSignature"

    def test_when_r_is_another_point_or_its_negative_then_invalid_signature(self, scene: Scene) -> None:
        intent = scene.draft()
        signature = scene.sign(intent)
        for point in (signature.R.negated(), scene.sign(intent).R):
            assert refused(scene, intent, Signature(point, signature.z)) == "InvalidSignature"

    def test_when_signed_for_another_chain_then_invalid_signature(self, scene: Scene) -> None:
        intent = scene.draft()
        assert refused(scene, intent, scene.sign(intent, chain_id=1)) == "InvalidSignature"

    def test_when_signed_for_another_vault_then_invalid_signature(self, scene: Scene) -> None:
        intent = scene.draft()
        other = scene.other_vault.deployment.vault
        assert refused(scene, intent, scene.sign(intent, contract=other)) == "InvalidSignature"

    def test_when_signed_with_the_key_of_the_other_threshold_then_invalid_signature(self, scene: Scene) -> None:
        intent = scene.draft()
        digest = intent.digest(chain_id=DEVNET_CHAIN_ID, contract=scene.vault.deployment.vault)
        assert refused(scene, intent, sign_together(scene.shares[4].values(), digest)) == "InvalidSignature"

    def test_when_two_custodians_interpolate_as_if_they_were_enough_then_invalid_signature(self, scene: Scene) -> None:
        """Two shares of a key of three, passed off as a key of two: the best that t-1 can do with honest arithmetic."""
        intent = scene.draft()
        digest = intent.digest(chain_id=DEVNET_CHAIN_ID, contract=scene.vault.deployment.vault)
        honest = scene.shares[3]
        pretended = replace(honest[SignerId(1)].key, threshold=2)
        two = [replace(honest[SignerId(seat)], key=pretended) for seat in (1, 2)]
        assert refused(scene, intent, best_effort(two, digest)) == "InvalidSignature"


def best_effort(shares: list[KeyShare], message: bytes) -> Signature:
    """The sum of the shares that so few can make, unverified."""
    nonces = [
        draw_nonces(share, hiding_randomness=secrets.token_bytes(32), binding_randomness=secrets.token_bytes(32))
        for share in shares
    ]
    package = SigningPackage(key=shares[0].key, message=message, commitments=tuple(pair.commitment for pair in nonces))
    z = sum(sign(share, pair, package) for share, pair in zip(shares, nonces, strict=True))
    return Signature(package.R, Scalar.reduce(z))


class TestGivenTheSameNumbersInPythonAndOnChain:
    def test_when_digests_of_random_intents_are_compared_then_equal(self, scene: Scene) -> None:
        draw = random.Random(9591)
        for _ in range(200):
            intent = Expedite(
                release_id=draw.getrandbits(256),
                owner=Address(draw.randbytes(20)),
                to=Address(draw.randbytes(20)),
                amount=MicroUsdc(draw.getrandbits(256)),
                epoch=draw.getrandbits(64),
                action_class=draw.choice(list(ActionClass)),
                threshold=draw.getrandbits(8),
                nonce=draw.getrandbits(256),
                deadline=draw.getrandbits(64),
            )
            ours = intent.digest(chain_id=DEVNET_CHAIN_ID, contract=scene.vault.deployment.vault)
            assert scene.vault.digest_of(intent) == ours

    def test_when_the_table_of_classes_is_compared_in_every_column_then_equal(self, scene: Scene) -> None:
        deployer = scene.client.accounts()[0]
        values = [Ppm(value) for value in (0, 1, 10_000, 10_001, 1_000_000, 2**63)]
        for regime in Regime:
            for stale in (False, True):
                scene.vault.set_regime(regime, stale=stale, sender=deployer)
                for action in ActionClass:
                    for value in values:
                        try:
                            ours = rule(action, regime=regime, stale=stale, value=value)
                        except NotAThresholdClass:
                            with pytest.raises(NotAThresholdClass):
                                scene.vault.rule(action, value)
                            continue
                        theirs = scene.vault.rule(action, value)
                        assert (theirs.threshold, theirs.delay) == (ours.threshold(low=3, high=4), ours.delay)
        scene.vault.set_regime(Regime.CALM, stale=False, sender=deployer)
