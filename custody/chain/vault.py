"""The vault as owners, keepers and the command line use it, on web3."""

from __future__ import annotations

from dataclasses import dataclass

from custody.chain.client import ChainClient, Mined
from custody.chain.deployment import Deployment
from custody.crypto.frost import Signature
from custody.identifiers import Address, Digest, address
from custody.intents.classes import ActionClass, NotAThresholdClass
from custody.intents.expedite import Expedite
from custody.policy.facts import Release, ReleaseState
from custody.units import MicroUsdc, Ppm, Regime


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """µUSDC as the vault keeps them, and the token's own balance of the vault."""

    idle: MicroUsdc
    queued: MicroUsdc
    recorded: MicroUsdc
    balance: MicroUsdc

    @property
    def drift(self) -> int:
        """recorded - claims; 0 always."""
        return self.recorded - self.idle - self.queued


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What the authority asks of an action now."""

    threshold: int
    delay: int
    regime: Regime
    stale: bool


class Vault:
    """Calls of one deployment."""

    def __init__(self, client: ChainClient, deployment: Deployment) -> None:
        self._client = client
        self.deployment = deployment
        self._vault = client.at("CollateralVault", deployment.vault)
        self._token = client.at("DevnetUSDC", deployment.token)
        self._authority = client.at("ThresholdAuthority", deployment.authority)
        self._oracle = client.at("DevnetRegimeOracle", deployment.oracle)

    # --- an owner's ---

    def mint_and_deposit(self, owner: Address, amount: MicroUsdc) -> Mined:
        """Devnet: mint the amount, approve and deposit it."""
        self._client.send(self._token.functions.mint(owner, amount), sender=owner)
        self._client.send(self._token.functions.approve(self.deployment.vault, amount), sender=owner)
        return self._client.send(self._vault.functions.deposit(owner, amount), sender=owner)

    def request_release(self, owner: Address, amount: MicroUsdc) -> int:
        """The id of the new request."""
        mined = self._client.send(self._vault.functions.requestRelease(amount), sender=owner)
        (event,) = self._vault.events.ReleaseRequested().process_receipt({"logs": mined.logs})
        return int(event["args"]["id"])

    def execute(self, release_id: int, *, sender: Address) -> Mined:
        """Pay a release whose own delay has passed."""
        return self._client.send(self._vault.functions.execute(release_id), sender=sender)

    # --- anybody's with a signature ---

    def expedite(self, intent: Expedite, signature: Signature, *, sender: Address) -> Mined:
        """Hand in a signed intent: accepted, and paid at once where its class has no delay now."""
        call = self._vault.functions.expedite(_arguments(intent), signature.to_chain_bytes())
        return self._client.send(call, sender=sender)

    # --- views ---

    def release(self, release_id: int) -> Release:
        found = self._client.read(self._vault.functions.release(release_id))
        owner, requested_at, vetoed_at, state, to, amount = found
        return Release(
            owner=address(owner),
            requested_at=requested_at,
            vetoed_at=vetoed_at,
            state=ReleaseState(state),
            to=address(to),
            amount=MicroUsdc(amount),
        )

    def digest_of(self, intent: Expedite) -> Digest:
        return Digest(bytes(self._client.read(self._vault.functions.digestOf(_arguments(intent)))))

    def expedite_value(self, release_id: int) -> Ppm:
        """This release, with what was expedited in the rolling day, as a share of the vault's least size in it."""
        return Ppm(self._client.read(self._vault.functions.expediteValue(release_id)))

    def ripe_at(self, release_id: int) -> int:
        """Chain time from which the owner needs nobody."""
        return int(self._client.read(self._vault.functions.ripeAt(release_id)))

    def exit_at(self, release_id: int) -> int:
        """Chain time from which neither pause nor cap is asked any more."""
        bound = self._client.read(self._vault.functions.EXIT_BOUND())
        return self.release(release_id).requested_at + int(bound)

    def outflow_available(self) -> MicroUsdc:
        """What may leave now before the outflow cap is reached."""
        return MicroUsdc(self._client.read(self._vault.functions.outflowAvailable()))

    def rule(self, action: ActionClass, value: Ppm) -> Rule:
        """Raises: NotAThresholdClass: people or guardians decide it."""
        # Whatever epoch and threshold are named: what is asked does not depend on them.
        named = (int(action), 0, 0)
        _, regime, stale, threshold, delay, _ = self._client.read(self._authority.functions.explain(named, value))
        if threshold == 0:
            raise NotAThresholdClass(f"class {action.name} is not signed by the threshold key")
        return Rule(threshold=threshold, delay=delay, regime=Regime(regime), stale=stale)

    def epoch(self) -> int:
        return int(self._client.read(self._authority.functions.epoch()))

    def idle(self, owner: Address) -> MicroUsdc:
        """What an owner can request."""
        return MicroUsdc(self._client.read(self._vault.functions.idle(owner)))

    def balance_of(self, account: Address) -> MicroUsdc:
        return MicroUsdc(self._client.read(self._token.functions.balanceOf(account)))

    def books(self) -> Books:
        functions = self._vault.functions
        return Books(
            idle=MicroUsdc(self._client.read(functions.idleTotal())),
            queued=MicroUsdc(self._client.read(functions.queuedTotal())),
            recorded=MicroUsdc(self._client.read(functions.recorded())),
            balance=self.balance_of(self.deployment.vault),
        )

    def set_regime(self, regime: Regime, *, stale: bool, sender: Address) -> Mined:
        """Devnet: what the oracle says from now on."""
        return self._client.send(self._oracle.functions.set(int(regime), stale), sender=sender)


def _arguments(intent: Expedite) -> tuple[object, ...]:
    return (
        intent.release_id,
        intent.owner,
        intent.to,
        intent.amount,
        intent.epoch,
        int(intent.action_class),
        intent.threshold,
        intent.nonce,
        intent.deadline,
    )
