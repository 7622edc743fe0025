"""The tables of a node's store, and the settings every connection has.

meta            format version, Argon2 salt or wrapped data key, latest chain time, the journal's head
boots           one row a start: number and 16 random bytes; nonces of earlier boots are void
secrets         sealed seeds, by name
run_rounds      what came in and went out in each round of a run, byte for byte
run_secrets     what was drawn for a run that goes on, sealed
successors      which run was endorsed to follow a certificate, or to make a committee's keys
certificates    every certificate of every lineage, encoded
shares          of each generation, sealed
generation_seeds  from which a generation's shares can be recovered, sealed
backups_tested  generations whose backup was restored in a drill
children        which derived key belongs to which contract
answers         one row a spent nonce pair: what left for it
intent_slots    which digest holds (chain, contract, epoch, nonce)
promises        which digests were approved for it, and since which start: they hold it after a restart
peer_marks      the furthest mark of each peer, in the envelope that the peer signed
journal         append-only, hash-chained
"""

from __future__ import annotations

from typing import Final

FORMAT: Final = 2

SETTINGS: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",
    "PRAGMA trusted_schema = OFF",
)

TABLES: Final = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
CREATE TABLE boots (boot INTEGER PRIMARY KEY, random BLOB NOT NULL CHECK (length(random) = 16)) STRICT;
CREATE TABLE secrets (name TEXT PRIMARY KEY, sealed BLOB NOT NULL) STRICT;
CREATE TABLE run_rounds (
    run BLOB NOT NULL CHECK (length(run) = 32),
    number INTEGER NOT NULL,
    input BLOB NOT NULL,
    output BLOB NOT NULL,
    PRIMARY KEY (run, number)
) STRICT;
CREATE TABLE run_secrets (
    run BLOB NOT NULL CHECK (length(run) = 32),
    kind TEXT NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (run, kind)
) STRICT;
CREATE TABLE successors (place BLOB PRIMARY KEY CHECK (length(place) = 32), run BLOB NOT NULL) STRICT;
CREATE TABLE certificates (
    certificate BLOB PRIMARY KEY CHECK (length(certificate) = 32),
    root BLOB NOT NULL CHECK (length(root) = 32),
    generation INTEGER NOT NULL,
    run BLOB NOT NULL,
    encoded BLOB NOT NULL,
    UNIQUE (root, generation)
) STRICT;
CREATE TABLE shares (
    certificate BLOB NOT NULL REFERENCES certificates (certificate),
    threshold INTEGER NOT NULL,
    seat INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (certificate, threshold)
) STRICT;
CREATE TABLE generation_seeds (
    certificate BLOB PRIMARY KEY REFERENCES certificates (certificate),
    sealed BLOB NOT NULL
) STRICT;
CREATE TABLE backups_tested (certificate BLOB PRIMARY KEY REFERENCES certificates (certificate)) STRICT;
CREATE TABLE children (
    root BLOB NOT NULL CHECK (length(root) = 32),
    chain_id INTEGER NOT NULL,
    contract BLOB NOT NULL CHECK (length(contract) = 20),
    child INTEGER NOT NULL,
    PRIMARY KEY (root, chain_id, contract),
    UNIQUE (root, child)
) STRICT;
CREATE TABLE answers (
    commitment_id BLOB PRIMARY KEY CHECK (length(commitment_id) = 66),
    session BLOB NOT NULL CHECK (length(session) = 32),
    list_hash BLOB NOT NULL CHECK (length(list_hash) = 32),
    boot INTEGER NOT NULL REFERENCES boots (boot),
    digest BLOB NOT NULL,
    encoded BLOB NOT NULL,
    UNIQUE (session, list_hash)
) STRICT;
CREATE TABLE intent_slots (
    chain_id INTEGER NOT NULL,
    contract BLOB NOT NULL,
    epoch BLOB NOT NULL CHECK (length(epoch) = 8),
    nonce BLOB NOT NULL CHECK (length(nonce) = 32),
    digest BLOB NOT NULL,
    deadline BLOB NOT NULL CHECK (length(deadline) = 8),
    PRIMARY KEY (chain_id, contract, epoch, nonce)
) STRICT;
CREATE TABLE promises (
    chain_id INTEGER NOT NULL,
    contract BLOB NOT NULL,
    epoch BLOB NOT NULL CHECK (length(epoch) = 8),
    nonce BLOB NOT NULL CHECK (length(nonce) = 32),
    digest BLOB NOT NULL,
    deadline BLOB NOT NULL CHECK (length(deadline) = 8),
    boot INTEGER NOT NULL REFERENCES boots (boot),
    PRIMARY KEY (chain_id, contract, epoch, nonce, digest)
) STRICT;
CREATE TABLE peer_marks (
    host BLOB PRIMARY KEY CHECK (length(host) = 32),
    boot INTEGER NOT NULL,
    journal_length INTEGER NOT NULL,
    envelope BLOB NOT NULL
) STRICT;
CREATE TABLE journal (
    sequence INTEGER PRIMARY KEY,
    previous BLOB NOT NULL,
    hash BLOB NOT NULL,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;
"""
