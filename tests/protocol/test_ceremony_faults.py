"""A fault in any round of a ceremony aborts it, and names exactly its author, or nobody.

Seats are 1 to 5, the key thresholds 3 and 4. Seat 1 looks on; seat 3 is the one that cheats.
"""

import pytest
from msgspec.structs import replace

from custody.crypto import Scalar
from custody.crypto.curve import sum_points, times_generator
from custody.crypto.possession import DealerStatement, prove_possession
from custody.crypto.scalars import ORDER
from custody.errors import CeremonyAborted
from custody.identifiers import RunId, SignerId
from custody.protocol.messages import Contribution, GroupKeyBody
from tests.builders import a_committee, a_polynomial, an_identity, fresh
from tests.protocol.running import HOSTS, Run, an_honest_run

CHEAT, VICTIM, OTHER = 3, 1, 2
NOBODY, CHEAT_ALONE = frozenset(), frozenset({CHEAT})


def suspects_of(step):
    with pytest.raises(CeremonyAborted) as raised:
        step()
    return raised.value.suspects


def put(messages, seat, message):
    return [*messages[: seat - 1], message, *messages[seat:]]


# --- faults of carriage, the same in every round: nobody is named, for the relay may have made them ---

CARRIAGE = {
    "missing": lambda run, all_: [*all_[: CHEAT - 1], *all_[CHEAT:]],
    "empty": lambda run, all_: [],
    "duplicated": lambda run, all_: [*all_, all_[CHEAT - 1]],
    "in-the-place-of-another": lambda run, all_: put(all_, CHEAT, all_[OTHER - 1]),
    "two-swapped": lambda run, all_: [all_[0], all_[2], all_[1], *all_[3:]],
    "of-another-execution": lambda run, all_: put(
        all_, CHEAT, run.signed(CHEAT, all_[CHEAT - 1].message, execution=fresh("elsewhere"))
    ),
    "of-a-stranger": lambda run, all_: put(
        all_, CHEAT, run.signed(CHEAT, all_[CHEAT - 1].message, by=an_identity("stranger"))
    ),
    "signed-by-another-seat": lambda run, all_: put(
        all_, CHEAT, run.signed(CHEAT, all_[CHEAT - 1].message, by=an_identity(OTHER))
    ),
    "for-one-seat-only": lambda run, all_: put(
        all_, CHEAT, run.signed(CHEAT, all_[CHEAT - 1].message, recipient=an_identity(VICTIM).keys.id)
    ),
}


@pytest.mark.parametrize("fault", CARRIAGE)
class TestGivenARoundThatIsNotOneMessageOfEverySeat:
    def test_when_contributions_arrive_so_then_the_run_ends_and_nobody_is_named(self, fault):
        run = an_honest_run()
        altered = CARRIAGE[fault](run, run.contributions)
        assert suspects_of(lambda: run.plan(VICTIM, altered)) == NOBODY

    def test_when_dealings_arrive_so_then_the_run_ends_and_nobody_is_named(self, fault):
        run = an_honest_run()
        altered = CARRIAGE[fault](run, run.dealings)
        assert suspects_of(lambda: run.collect(VICTIM, altered)) == NOBODY

    def test_when_endorsements_arrive_so_then_the_run_ends_and_nobody_is_named(self, fault):
        run = an_honest_run()
        altered = CARRIAGE[fault](run, run.endorsements())
        assert suspects_of(lambda: run.certify(VICTIM, altered)) == NOBODY


class TestGivenAnOwnMessageThatWasAltered:
    def test_when_it_is_the_contribution_then_the_run_ends_and_nobody_is_named(self):
        run = an_honest_run()
        mine = run.signed(VICTIM, Contribution(contribution=fresh("not mine")))
        assert suspects_of(lambda: run.plan(VICTIM, put(run.contributions, VICTIM, mine))) == NOBODY

    def test_when_it_is_the_dealing_then_the_run_ends_and_nobody_is_named(self):
        run = an_honest_run()
        again = run.deal(VICTIM, run.run, run.plans[SignerId(VICTIM)])  # sealed anew: other ciphertexts
        assert suspects_of(lambda: run.collect(VICTIM, put(run.dealings, VICTIM, again))) == NOBODY


# --- faults in the cheat's dealing that everybody sees: each makes the parts (t = 3, t = 4) of its dealing ---


def statement(of, **changes):
    stated = {"run": of.run, "dealer": SignerId(CHEAT), "threshold": 3, "committee": of.committee.fingerprint()}
    return DealerStatement(**(stated | changes))


def first(change):
    """Alter the part for threshold 3 by the fields that `change(run, part)` gives."""
    return lambda run, keys: (replace(keys[0], **change(run, keys[0])), keys[1])


def proven_for(**changes):
    """The cheat knows its secret and proves it, but about something else."""

    def change(run, part):
        secret = a_polynomial(threshold=3, label="cheat").coefficients[0]
        made = prove_possession(secret, statement(run, **changes), randomness=fresh("proof"))
        commitment = (secret.times_generator().to_bytes_compressed(), *part.commitment[1:])
        return {"commitment": commitment, "proof": made.to_bytes()}

    return first(change)


def rogue_key(run, part):
    """C_0 = X - sum of the others' C_0, so that the group key would be X, known to the cheat alone."""
    others = [run.plans[seat][0].commitment[0].negated() for seat in run.committee.seats if seat != CHEAT]
    rogue = sum_points((times_generator(Scalar(123_456)), *others))
    return {"commitment": (rogue.to_bytes_compressed(), *part.commitment[1:])}


def negated(run, part):
    return {"commitment": (bytes([part.commitment[0][0] ^ 1]) + part.commitment[0][1:], *part.commitment[1:])}


def response_plus_one(run, part):
    response = (int.from_bytes(part.proof[33:], "big") + 1) % ORDER
    return {"proof": part.proof[:33] + response.to_bytes(32, "big")}


SEEN_BY_ALL = {
    "no-part": lambda run, keys: (),
    "one-part-missing": lambda run, keys: keys[:1],
    "one-part-twice": lambda run, keys: (keys[0], keys[0]),
    "parts-in-other-order": lambda run, keys: keys[::-1],
    "a-part-too-many": lambda run, keys: (*keys, keys[0]),
    "another-threshold": lambda run, keys: (keys[0], replace(keys[1], threshold=5)),
    "a-commitment-too-few": first(lambda run, part: {"commitment": part.commitment[:-1]}),
    "a-commitment-too-many": first(lambda run, part: {"commitment": (*part.commitment, part.commitment[0])}),
    "no-commitments": first(lambda run, part: {"commitment": ()}),
    "a-ciphertext-too-few": first(lambda run, part: {"sealed": part.sealed[:-1]}),
    "a-ciphertext-too-many": first(lambda run, part: {"sealed": (*part.sealed, part.sealed[0])}),
    "a-commitment-that-is-no-point": first(
        lambda run, part: {"commitment": (*part.commitment[:-1], b"\x02" + bytes(32))}
    ),
    "a-first-commitment-at-infinity": first(lambda run, part: {"commitment": (bytes(33), *part.commitment[1:])}),
    "a-first-commitment-negated": first(negated),
    "a-rogue-key": first(rogue_key),
    "a-proof-of-zeros": first(lambda run, part: {"proof": bytes(65)}),
    "a-proof-one-off": first(response_plus_one),
    "a-proof-beyond-the-order": first(lambda run, part: {"proof": part.proof[:33] + b"\xff" * 32}),
    "a-proof-of-the-other-part": lambda run, keys: (replace(keys[0], proof=keys[1].proof), keys[1]),
    "a-proof-of-another-seat": first(lambda run, part: {"proof": run.dealings[OTHER - 1].message.keys[0].proof}),
    "a-proof-for-another-threshold": proven_for(threshold=4),
    "a-proof-for-another-run": proven_for(run=RunId(fresh("another run"))),
    "a-proof-for-another-seat": proven_for(dealer=SignerId(OTHER)),
    "a-proof-for-another-committee": proven_for(committee=a_committee(3, (2,)).fingerprint()),
    "the-whole-dealing-of-another-seat": lambda run, keys: run.dealings[OTHER - 1].message.keys,
}


# --- faults that the victim alone sees, when it opens what was sealed to it ---


def sealed(to_victim):
    """Put `to_victim(run, effect, keys)` where the victim's ciphertext for threshold 3 stands."""

    def alter(run, keys):
        effect = run.plans[SignerId(CHEAT)][0].seals[VICTIM - 1]
        ciphertexts = put(list(keys[0].sealed), VICTIM, to_victim(run, effect, keys))
        return replace(keys[0], sealed=tuple(ciphertexts)), keys[1]

    return alter


def value(effect):
    return int.from_bytes(effect.plaintext.to_secret_bytes(), "big")


def number(to_number):
    """Seal another number in the right place, under the right info."""
    return sealed(lambda run, effect, keys: run.seal(effect, to_number(value(effect)).to_bytes(32, "big")))


SEEN_BY_THE_VICTIM = {
    "nothing-sealed": sealed(lambda run, effect, keys: b""),
    "garbage-sealed": sealed(lambda run, effect, keys: fresh("garbage") * 40),
    "truncated": sealed(lambda run, effect, keys: keys[0].sealed[VICTIM - 1][:-1]),
    "one-bit-flipped": sealed(lambda run, effect, keys: bytes([keys[0].sealed[0][0] ^ 1]) + keys[0].sealed[0][1:]),
    "sealed-to-another-seat": sealed(
        lambda run, effect, keys: HOSTS.seal(
            effect.plaintext.to_secret_bytes(), recipient=run.committee.host(SignerId(OTHER)), info=effect.info
        )
    ),
    "sealed-under-another-info": sealed(
        lambda run, effect, keys: HOSTS.seal(
            effect.plaintext.to_secret_bytes(), recipient=run.committee.host(SignerId(VICTIM)), info=b"else"
        )
    ),
    "ciphertexts-of-two-seats-swapped": first(
        lambda run, part: {"sealed": (part.sealed[1], part.sealed[0], *part.sealed[2:])}
    ),
    "ciphertexts-of-two-thresholds-swapped": lambda run, keys: (
        replace(keys[0], sealed=keys[1].sealed),
        replace(keys[1], sealed=keys[0].sealed),
    ),
    "the-ciphertext-of-another-dealer": sealed(
        lambda run, effect, keys: run.dealings[OTHER - 1].message.keys[0].sealed[VICTIM - 1]
    ),
    "the-share-of-another-seat": sealed(
        lambda run, effect, keys: run.seal(
            effect, run.plans[SignerId(CHEAT)][0].seals[OTHER - 1].plaintext.to_secret_bytes()
        )
    ),
    "the-share-of-the-other-threshold": sealed(
        lambda run, effect, keys: run.seal(
            effect, run.plans[SignerId(CHEAT)][1].seals[VICTIM - 1].plaintext.to_secret_bytes()
        )
    ),
    "a-share-one-off": number(lambda share: (share + 1) % ORDER),
    "a-share-negated": number(lambda share: ORDER - share),
    "a-share-of-zero": number(lambda share: 0),
    "a-share-beyond-the-order": number(lambda share: ORDER),
    "a-random-share": sealed(lambda run, effect, keys: run.seal(effect, fresh("random"))),
    "a-share-of-31-bytes": sealed(lambda run, effect, keys: run.seal(effect, bytes([1]) * 31)),
    "a-share-of-33-bytes": sealed(lambda run, effect, keys: run.seal(effect, bytes([1]) * 33)),
    "an-empty-share": sealed(lambda run, effect, keys: run.seal(effect, b"")),
    "a-higher-commitment-altered": first(lambda run, part: {"commitment": (*part.commitment[:-1], part.commitment[0])}),
}


def dealings_with(run, alter):
    honest = run.dealings[CHEAT - 1].message
    return put(run.dealings, CHEAT, run.signed(CHEAT, replace(honest, keys=tuple(alter(run, honest.keys)))))


class TestGivenADealingWithAFaultThatEverybodySees:
    @pytest.mark.parametrize("fault", SEEN_BY_ALL)
    def test_when_it_arrives_then_its_dealer_alone_is_named_by_every_seat(self, fault):
        run = an_honest_run()
        altered = dealings_with(run, SEEN_BY_ALL[fault])
        for seat in (VICTIM, OTHER, 5):
            assert suspects_of(lambda seat=seat: run.collect(seat, altered)) == CHEAT_ALONE

    def test_when_only_the_secret_is_another_and_its_proof_is_right_then_the_proof_passes(self):
        """So that the cases above fail for the reason they name."""
        run = an_honest_run()
        assert run.collect(VICTIM, dealings_with(run, proven_for()))

    def test_when_it_names_another_run_then_its_dealer_or_nobody_is_named(self):
        """Its dealer may lie, or may honestly have seen other contributions: see the equivocation tests."""
        run = an_honest_run()
        other = run.signed(CHEAT, replace(run.dealings[CHEAT - 1].message, run=fresh("another run")))
        assert suspects_of(lambda: run.collect(VICTIM, put(run.dealings, CHEAT, other))) in (CHEAT_ALONE, NOBODY)


class TestGivenASealedShareWithAFaultThatItsRecipientSees:
    @pytest.mark.parametrize("fault", SEEN_BY_THE_VICTIM)
    def test_when_it_is_opened_then_its_dealer_alone_is_named(self, fault):
        run = an_honest_run()
        altered = dealings_with(run, SEEN_BY_THE_VICTIM[fault])
        assert suspects_of(lambda: run.endorse(VICTIM, altered)) == CHEAT_ALONE

    def test_when_two_dealers_cheat_then_no_honest_one_is_named(self):
        run = an_honest_run()
        altered = dealings_with(run, SEEN_BY_THE_VICTIM["a-share-one-off"])
        fourth = run.dealings[3].message
        broken = replace(fourth, keys=(fourth.keys[0], replace(fourth.keys[1], sealed=fourth.keys[0].sealed)))
        found = suspects_of(lambda: run.endorse(VICTIM, put(altered, 4, run.signed(4, broken))))
        assert found
        assert found <= {CHEAT, 4}


ENDORSED_OTHERWISE = {
    "transcript": lambda said: replace(said, transcript=fresh("another transcript")),
    "run": lambda said: replace(said, run=fresh("another run")),
    "a-key": lambda said: replace(said, keys=(GroupKeyBody(threshold=3, public=said.keys[1].public), *said.keys[1:])),
    "a-threshold": lambda said: replace(
        said, keys=(GroupKeyBody(threshold=4, public=said.keys[0].public), *said.keys[1:])
    ),
    "fewer-keys": lambda said: replace(said, keys=said.keys[:1]),
    "no-keys": lambda said: replace(said, keys=()),
    "order-of-keys": lambda said: replace(said, keys=said.keys[::-1]),
}


class TestGivenAnEndorsementOfSomethingElse:
    @pytest.mark.parametrize("fault", ENDORSED_OTHERWISE)
    def test_when_the_certificate_is_put_together_then_no_other_seat_is_named(self, fault):
        run = an_honest_run()
        honest = run.endorsements()
        other = run.signed(CHEAT, ENDORSED_OTHERWISE[fault](honest[CHEAT - 1].message))
        assert suspects_of(lambda: run.certify(VICTIM, put(honest, CHEAT, other))) in (CHEAT_ALONE, NOBODY)


class TestGivenASeatThatTellsTwoStories:
    """With a relay that carries one story to some and the other to others. No honest seat may be named for it."""

    def test_when_it_signs_two_contributions_then_no_honest_dealer_is_blamed(self):
        run = an_honest_run()
        second = run.signed(CHEAT, Contribution(contribution=fresh("second story")))
        other_run, plans = run.plan(OTHER, put(run.contributions, CHEAT, second))
        honest_but_deceived = run.deal(OTHER, other_run, plans)
        found = suspects_of(lambda: run.collect(VICTIM, put(run.dealings, OTHER, honest_but_deceived)))
        assert OTHER not in found

    def test_when_it_signs_two_dealings_then_no_honest_endorser_is_blamed(self):
        run = an_honest_run()
        second = run.deal(CHEAT, run.run, run.plans[SignerId(CHEAT)])  # the same shares, sealed anew: another body
        deceived = run.endorse(OTHER, put(run.dealings, CHEAT, second))
        endorsements = put(run.endorsements(), OTHER, run.signed(OTHER, deceived.endorsement()))
        found = suspects_of(lambda: run.certify(VICTIM, endorsements))
        assert OTHER not in found


class TestGivenMessagesOfAnEarlierRun:
    def test_when_replayed_under_their_own_execution_then_nobody_is_named(self):
        run, earlier = an_honest_run(), Run(5, (3, 4), label="earlier")
        for step, mine, theirs in (
            (run.plan, run.contributions, earlier.contributions),
            (run.collect, run.dealings, earlier.dealings),
            (run.certify, run.endorsements(), earlier.endorsements()),
        ):
            replayed = put(mine, CHEAT, theirs[CHEAT - 1])
            assert suspects_of(lambda step=step, replayed=replayed: step(VICTIM, replayed)) == NOBODY
