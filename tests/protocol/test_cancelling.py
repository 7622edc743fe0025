"""Two who deal can choose what they give one seat so that it cancels. That breaks no rule, and must break no run.

If it ended the run, two dealers could end every run without anybody being able to say whose doing it was.
"""

import pytest
from msgspec.structs import replace

from custody.crypto import Scalar
from custody.crypto.repairing import add_all
from custody.crypto.scalars import ORDER
from custody.identifiers import SignerId
from custody.protocol import repair
from custody.protocol.run import sealing_key
from tests.protocol.faults.dealings import polynomials, prescribed
from tests.protocol.faults.entry import says
from tests.protocol.running import HOSTS, honest_ceremony, honest_refresh, honest_repair, honest_reshare, sign

MINUS_ONE = Scalar(ORDER - 1)


def cancelling(first, second, victim):
    """The second gives the victim the negative of what the first gives it, in the first key."""

    def value(run, story):
        return polynomials(run, story, first)[0].evaluate(SignerId(victim)).times(MINUS_ONE)

    return prescribed(second, victim, value)


@pytest.mark.parametrize(
    ("run", "first", "second", "victim"),
    [(honest_ceremony, 1, 2, 5), (honest_refresh, 1, 3, 2), (honest_reshare, 2, 4, 1)],
)
class TestGivenTwoDealersWhoseSharesForOneSeatCancel:
    def test_when_everybody_else_is_honest_then_the_run_ends_with_keys(self, run, first, second, victim):
        run = run()
        story = run.tell(cancelling(first, second, victim).rounds)
        received = run.party(victim).open(run.party(victim).collected(story))
        dealt = [received[run.setting.dealer_of(each), run.tenure.keys[0].threshold] for each in (first, second)]
        assert dealt[0].to_secret_bytes() == dealt[1].times(MINUS_ONE).to_secret_bytes()
        ends = [party.certify(story) for party in run.parties]
        assert len({end.tenure.certificate for end in ends}) == 1
        shares = {share.signer: share for end in ends for share in end.shares[:1]}
        sign(shares, [victim, *(seat for seat in shares if seat != victim)][: ends[0].tenure.keys[0].threshold])


class TestGivenTwoHelpersWhosePartsForAThirdCancel:
    def test_when_everybody_else_is_honest_then_the_repair_ends_with_the_share(self):
        """Helpers 1 and 3 for helper 5: what they give it adds up to zero before its own part is added."""
        run = honest_repair()

        def third(run, story, message):
            one, three = (
                repair.split(party.prepared(story), randomness=party.randomness, shares=party.held)[0]
                for party in (run.party(1), run.party(3))
            )
            given = one.seals[2].plaintext.times(MINUS_ONE)
            moved = add_all([three.seals[1].plaintext, three.seals[2].plaintext, given.times(MINUS_ONE)])
            parts = (three.seals[0].plaintext, moved, given)
            points = tuple(part.times_generator() for part in parts)
            key = replace(message.keys[0], points=tuple(point.to_bytes_compressed() for point in points))
            state = run.party(3).prepared(story)
            sealed = []
            for helper, part in zip((1, 3, 5), parts, strict=True):
                effect = repair.part_open(
                    state.named,
                    replace(message, keys=(key,)),
                    index=0,
                    dealer=SignerId(3),
                    points=points,
                    recipient=helper,
                )
                public = sealing_key(run.setting, state.preparations, recipient=helper, index=0, dealer=SignerId(3))
                sealed.append(HOSTS.seal(part.to_secret_bytes(), public=public, info=effect.info))
            return replace(message, keys=(replace(key, sealed=tuple(sealed)), *message.keys[1:]))

        story = run.tell({"third": says(3, third)})
        parts = run.party(5).open(run.party(5).split(story))
        assert parts[1, 3].to_secret_bytes() == parts[3, 3].times(MINUS_ONE).to_secret_bytes()
        ends = [party.certify(story) for party in run.parties]
        assert ends[3].shares[0].secret.to_secret_bytes() == run.certified[3].shares[0].secret.to_secret_bytes()
