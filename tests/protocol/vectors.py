"""Our own vectors: one small run of each kind, written out; `scripts/generate_vectors.py` keeps them in tests/vectors.

The plain layer is a function of fixed randomness and of the frozen ciphertexts, which stand in the transcript. Sealing
and ML-DSA-65 draw randomness inside their library, so ciphertexts and envelopes are kept as they were once made: they
say what must open, and what must verify. All secrets here are hashes of labels; they protect nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from custody.errors import CustodyError
from custody.protocol import dealing, repair
from custody.protocol.authenticated import Authenticated
from custody.protocol.encoding import encode
from custody.protocol.run import place_of
from custody.protocol.run_states import SealTo
from tests.builders import a_committee, committee_with, fresh
from tests.protocol.running import HOSTS, Party, Run, terms_of

FOLDER: Final = Path(__file__).resolve().parents[1] / "vectors"
SOURCE: Final = "scripts/generate_vectors.py of this repository; docs/PROTOCOL.md says what is computed"
KINDS: Final = ("ceremony", "refresh", "reshare", "repair")
Json = dict[str, Any]


def frozen() -> dict[str, Json]:
    """The vectors as they are kept; empty where none are."""
    return {kind: json.loads(path.read_text()) for kind in KINDS if (path := FOLDER / f"{kind}.json").is_file()}


def generate(kept: Mapping[str, Json]) -> dict[str, Json]:
    """All vectors, with the ciphertexts and envelopes of `kept` wherever they still belong to the run."""
    made: dict[str, Json] = {}
    ceremony: Run | None = None
    for kind in KINDS:
        run = _run(kind, ceremony, _sealed(kept.get(kind, {})))
        ceremony = ceremony or run
        made[kind] = {
            "source": SOURCE,
            "plain": _plain(run),
            "decrypt_only": list(_decrypt_only(run)),
            "verify_only": list(_verify_only(run, kept.get(kind, {}).get("verify_only", []))),
        }
    return made


def text_of(vector: Json) -> str:
    return json.dumps(vector, indent=1) + "\n"


def write(vectors: Mapping[str, Json]) -> None:
    FOLDER.mkdir(exist_ok=True)
    for kind, vector in vectors.items():
        (FOLDER / f"{kind}.json").write_text(text_of(vector))


# --- the runs: 2 of 3; refresh, reshare to 3 of 4 and repair of seat 2 all follow the ceremony ---


def _run(kind: str, ceremony: Run | None, sealed: Mapping[bytes, bytes]) -> Run:
    label = ("vector", kind)
    if ceremony is None:
        terms = terms_of("ceremony", a_committee(3, (2,)), label=label)
        return Run(terms, None, held={}, label=label, sealed=sealed)
    committee, dealers, lost = {
        "refresh": (a_committee(3, (2,)), ((1, 3),), 0),
        "reshare": (committee_with((2, "vector newcomer", 3, "vector second"), (3,)), ((1, 3),), 0),
        "repair": (committee_with((1, "vector new host", 3), (2,)), ((1, 3),), 2),
    }[kind]
    terms = terms_of(kind, committee, ceremony.tenure, dealers=dealers, lost=lost, label=label)
    return Run(terms, ceremony.tenure, held=ceremony.held, label=label, sealed=sealed)


def _sealed(kept: Json) -> dict[bytes, bytes]:
    return {bytes.fromhex(e["info"]): bytes.fromhex(e["ciphertext"]) for e in kept.get("decrypt_only", [])}


# --- the plain layer ---


def _plain(run: Run) -> Json:
    setting, end = run.setting, run.certified[0]
    endorsement = run.honest.endorsements[0]
    return {
        "terms": encode(setting.terms).hex(),
        "name": setting.name.hex(),
        "run": run.party(1).named(run.honest).run.hex(),
        "parties": [_party(run, party) for party in run.parties],
        "transcript": endorsement.message.transcript.hex(),
        "endorsement": endorsement.body.hex(),
        "group_keys": [key.id.hex() for key in end.tenure.keys],
        "public_shares": [[share.hex() for share in shares] for shares in end.certificate.public_shares],
        "certificate": end.tenure.certificate.hex(),
        "root": end.tenure.root.hex(),
        "origin": end.tenure.origin.hex(),
    }


def _party(run: Run, party: Party) -> Json:
    said = run.honest.preparations[party.number - 1].message
    made = {
        "party": party.number,
        "host": party.identity.keys.id.hex(),
        "generation_seed": fresh((run.label, party.number, "generation seed")).hex(),
        "randomness": party.randomness.hex(),
        "contribution": run.honest.contributions[party.number - 1].message.contribution.hex(),
        "one_time_keys_sha256": [[sha256(key).hexdigest() for key in row] for row in said.sealing_keys],
        "opening": said.opening.hex(),
    }
    parts = _splittings(run, party) if run.setting.terms.kind == "repair" else _dealings(run, party)
    shares = run.certified[party.number - 1].shares
    return made | {"deals": list(parts), "shares": [share.secret.to_secret_bytes().hex() for share in shares]}


def _dealings(run: Run, party: Party) -> Iterator[Json]:
    for plan in dealing.deal(party.prepared(run.honest), randomness=party.randomness, shares=party.held):
        yield {
            "threshold": plan.threshold,
            "commitment": [point.to_bytes_compressed().hex() for point in plan.commitment],
            "proof": "" if plan.proof is None else plan.proof.to_bytes().hex(),
            "dealt": [seal.plaintext.to_secret_bytes().hex() for seal in plan.seals],
        }


def _splittings(run: Run, party: Party) -> Iterator[Json]:
    for plan in repair.split(party.prepared(run.honest), randomness=party.randomness, shares=party.held):
        yield {
            "threshold": plan.threshold,
            "points": [point.to_bytes_compressed().hex() for point in plan.points],
            "parts": [seal.plaintext.to_secret_bytes().hex() for seal in plan.seals],
            "sum": [seal.plaintext.to_secret_bytes().hex() for seal in _sums(run, party)],
        }


def _sums(run: Run, party: Party) -> Sequence[SealTo]:
    state = party.split(run.honest)
    return repair.on_parts_opened(state, party.prepared(run.honest), party.open(state))


# --- what the libraries drew randomness for ---


def _decrypt_only(run: Run) -> Iterator[Json]:
    """Everything that was sealed in the run: who opens it with what, under what, and what comes out."""
    for party in run.parties:
        states = [party.split(run.honest), party.summed(run.honest)] if run.setting.terms.kind == "repair" else None
        for state in states or [party.collected(run.honest)]:
            for effect in state.opens:
                secret = party.one_time.reveal(place_of(state.named.run, effect.threshold, effect.dealer))
                yield {
                    "dealer": effect.dealer,
                    "recipient": party.number,
                    "place": effect.place.hex(),
                    "secret": secret.hex(),
                    "info": effect.info.hex(),
                    "ciphertext": effect.ciphertext.hex(),
                    "plaintext": HOSTS.open_with(secret, effect.ciphertext, info=effect.info).hex(),
                }


def _verify_only(run: Run, kept: Sequence[Json]) -> Iterator[Json]:
    """One signed message of each kind, by the first party: the kept envelope while it says the same."""
    known = {keys.id: keys for keys in run.setting.parties}
    found: dict[bytes, bytes] = {}
    for entry in kept:
        envelope = bytes.fromhex(entry["envelope"])
        try:
            found[HOSTS.authenticate(envelope, known).body] = envelope
        except CustodyError:
            continue
    for name in run.rounds:
        message: Authenticated[Any] = getattr(run.honest, name)[0]
        yield {
            "kind": type(message.message).__name__,
            "author_ed25519": run.setting.parties[0].signing.hex(),
            "author_ml_dsa_65": run.setting.parties[0].post_quantum.hex(),
            "execution": message.execution.hex(),
            "body": message.body.hex(),
            "envelope": found.get(message.body, message.encoded).hex(),
        }
