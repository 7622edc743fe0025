"""Backs up a custodian's seeds, restores a store from them, and tries out that a backup restores.

Shares of seeds go to people, never to a log. Nonces and answers are in no backup: a restored store does not know what
it signed, so it signs nothing until its peers vouch for its memory, and usually comes back by repair.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from custody.config.backups import (
    IDENTITY,
    ChildRecord,
    HolderDocument,
    LineageRecord,
    RoundRecord,
    RunRecord,
    SeedShare,
    Transcript,
    generation_name,
    generation_of,
)
from custody.errors import UsageError
from custody.host import HostIdentity
from custody.host.backup import fingerprint, join_seed, split_seed
from custody.identifiers import Address
from custody.ports.ledger import Round
from custody.protocol.committee import HostKeys
from custody.protocol.tenure import run_name
from custody.store import NodeStore
from custody.wiring.recovering import Line, Recovered, Seeds, line_of, recover
from custody.wiring.stores import StoreKey, make_store


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """`holders` are secret; `transcript` is not. `generations`: newest of every lineage with shares."""

    holders: tuple[HolderDocument, ...]
    transcript: Transcript
    generations: tuple[int, ...]


def make_backup(store: NodeStore, *, threshold: int, count: int, passphrase: bytes = b"") -> Backup:
    """Shares of the identity seed and of every seed that the newest shares are recovered from, tried out at once.

    Raises:
        UsageError: no such number of shares, or a passphrase that SLIP-39 does not allow. StoreDamaged.
    """
    identity = store.identity_seed()
    host = HostIdentity(identity).keys
    seeds = {IDENTITY: identity}
    generations = []
    lines = [line_of(certificates) for certificates in store.runs.lineages()]
    for line in lines:
        if line.seat(host.id) is not None:
            seeds |= {generation_name(certificate): seed for certificate, seed in _seeds(store, line, host)}
            generations.append(line.tenure.generation)
    shares = {
        name: split_seed(seed, threshold=threshold, count=count, passphrase=passphrase) for name, seed in seeds.items()
    }
    holders = tuple(
        HolderDocument(
            host=host.id.hex(),
            holder=holder,
            threshold=threshold,
            count=count,
            seeds=[SeedShare(name, fingerprint(seeds[name]), words[holder - 1]) for name, words in shares.items()],
        )
        for holder in range(1, count + 1)
    )
    transcript = transcript_of(store)
    drill(store, join_holders(holders[-threshold:], passphrase=passphrase), transcript)
    store.note("backup", f"{threshold} of {count} shares of {len(seeds)} seeds")
    return Backup(holders=holders, transcript=transcript, generations=tuple(generations))


def _seeds(store: NodeStore, line: Line, host: HostKeys) -> list[tuple[bytes, bytes]]:
    """Of the newest generation, and of the one that dealt: they differ after a repair of another seat."""
    seat = line.seat(host.id)
    assert seat is not None, "who has no seat has no seeds"
    dealt = line.hashes[line.dealt_to(seat)]
    found = [(certificate, store.runs.generation_seed(certificate)) for certificate in {dealt, line.tenure.certificate}]
    if any(certificate == dealt and seed is None for certificate, seed in found):
        raise UsageError(f"the seed of generation {line.dealt_to(seat)} is not in this store: refresh the keys first")
    return [(certificate, seed) for certificate, seed in found if seed is not None]


def transcript_of(store: NodeStore, *, whole: bool = False) -> Transcript:
    """Everything public that a restore needs; `whole`: and every run that came to nothing."""
    lineages = []
    others = set(store.runs.run_names()) if whole else set()
    for certificates in store.runs.lineages():
        line = line_of(certificates)
        names = [run_name(terms) for terms in line.terms]
        others -= set(names)
        runs = tuple(_record(store, name) for name in names if store.runs.run_rounds(name))
        children = tuple(ChildRecord(*child) for child in sorted(store.runs.children(line.tenure.root)))
        lineages.append(LineageRecord(certificates=certificates, runs=runs, children=children))
    return Transcript(
        version=1, lineages=tuple(lineages), others=tuple(_record(store, name) for name in sorted(others))
    )


def _record(store: NodeStore, name: bytes) -> RunRecord:
    rounds = store.runs.run_rounds(name)
    return RunRecord(name, tuple(RoundRecord(rounds[number].input, rounds[number].output) for number in sorted(rounds)))


def join_holders(holders: Sequence[HolderDocument], *, passphrase: bytes = b"") -> Seeds:
    """The seeds of as many holders' files as are needed, each proven by its fingerprint, the identity by the host's id.

    Raises:
        UsageError: files are of different hosts or backups, too few or too many, or give another seed.
    """
    if not holders:
        raise UsageError("no shares were given")
    first = holders[0]
    if any((each.host, each.threshold, each.count) != (first.host, first.threshold, first.count) for each in holders):
        raise UsageError("the files are of different hosts or backups")
    marks = {tuple((share.seed, share.fingerprint) for share in each.seeds) for each in holders}
    if len(marks) != 1:
        raise UsageError("the files are of different backups: they hold shares of different seeds")
    words: dict[str, list[str]] = defaultdict(list)
    for each in holders:
        for share in each.seeds:
            words[share.seed].append(share.words)
    seeds = {}
    for share in first.seeds:
        seeds[share.seed] = _join(share.seed, words[share.seed], passphrase)
        if fingerprint(seeds[share.seed]) != share.fingerprint:
            raise UsageError(
                f"the shares of '{share.seed}' give another seed than was split: their passphrase is wrong or missing, "
                "or the fingerprint was altered"
            )
    return _as_seeds(first.host, seeds)


def _join(name: str, words: list[str], passphrase: bytes) -> bytes:
    try:
        return join_seed(words, passphrase=passphrase)
    except UsageError as error:
        raise UsageError(f"shares of '{name}', in the order of the files: {error}") from None


def _as_seeds(host: str, seeds: dict[str, bytes]) -> Seeds:
    identity = seeds.get(IDENTITY)
    generations = {generation_of(name): seed for name, seed in seeds.items() if name != IDENTITY}
    if identity is None or None in generations:
        raise UsageError("the files are not of a custodian's backup: a seed is missing, or has a name that none has")
    found = HostIdentity(identity).keys.id
    if found.hex() != host:
        raise UsageError(f"the shares are of host {found.hex()}, the files say {host}")
    return Seeds(host=found, identity=identity, generations={k: v for k, v in generations.items() if k is not None})


def restore(home: Path, key: StoreKey, seeds: Seeds, transcript: Transcript) -> list[Recovered]:
    """Make a store that has this host's identity, certificates and newest shares, whole or not at all.

    Raises:
        UsageError: there is a node already, or the backup does not give the shares; then nothing was made.
    """
    found = recover(seeds, transcript)

    def fill(store: NodeStore) -> None:
        for each in found:
            wanted = {certificate: seeds.generations.get(certificate) for certificate in each.line.hashes}
            store.runs.restore(
                each.line.tenure,
                each.line.certificates,
                shares=each.shares,
                seeds={certificate: seed for certificate, seed in wanted.items() if seed is not None},
                rounds={
                    run.name: [Round(input=r.input, output=r.output) for r in run.rounds] for run in each.record.runs
                },
                children=[(child.chain_id, Address(child.contract), child.index) for child in each.record.children],
            )

    make_store(home, key, seeds.identity, fill)
    return found


def drill(store: NodeStore | None, seeds: Seeds, transcript: Transcript) -> list[Recovered]:
    """Restore into memory only, and compare with a store, if one is given: the same host, the same newest shares.

    Raises:
        UsageError: the backup is wrong, old, or of another host; says what to do.
    """
    found = recover(seeds, transcript)
    if store is None:
        return found
    if HostIdentity(store.identity_seed()).keys.id != seeds.host:
        raise UsageError("the backup is of another host than this node")
    backed = {each.line.tenure.root: each for each in found}
    for certificates in store.runs.lineages():
        line = line_of(certificates)
        if line.seat(seeds.host) is None:
            continue
        each = backed.get(line.tenure.root)
        if each is None or each.line.tenure.certificate != line.tenure.certificate:
            has = "has none of these keys" if each is None else f"ends with generation {each.line.tenure.generation}"
            raise UsageError(f"the node holds generation {line.tenure.generation}, the backup {has}: make a new backup")
        held = store.runs.shares(line.tenure)
        if {(share.key.id, share.signer) for share in held} != {(share.key.id, share.signer) for share in each.shares}:
            raise UsageError("the backup gives other shares than the node holds: make a new backup")
    return found
