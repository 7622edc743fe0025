"""The tables of a node's store, and the settings every connection has.

meta            format version, Argon2 salt, latest chain time, the journal's head
boots           one row a start: number and 16 random bytes; nonces of earlier boots are void
secrets         sealed seeds, by name
ceremony_rounds what came in and went out in each round, byte for byte
keys            certified shares, sealed, with their public halves
answers         one row a spent nonce pair: what left for it
intent_slots    which digest holds (chain, contract, epoch, nonce)
journal         append-only, hash-chained
"""

from __future__ import annotations

from typing import Final

FORMAT: Final = 1

SETTINGS: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
)

TABLES: Final = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
CREATE TABLE boots (boot INTEGER PRIMARY KEY, random BLOB NOT NULL CHECK (length(random) = 16)) STRICT;
CREATE TABLE secrets (name TEXT PRIMARY KEY, sealed BLOB NOT NULL) STRICT;
CREATE TABLE ceremony_rounds (
    proposal BLOB NOT NULL CHECK (length(proposal) = 32),
    number INTEGER NOT NULL,
    input BLOB NOT NULL,
    output BLOB NOT NULL,
    PRIMARY KEY (proposal, number)
) STRICT;
CREATE TABLE keys (
    group_key BLOB PRIMARY KEY CHECK (length(group_key) = 33),
    threshold INTEGER NOT NULL,
    seat INTEGER NOT NULL,
    public_shares BLOB NOT NULL,
    committee BLOB NOT NULL CHECK (length(committee) = 32),
    certificate BLOB NOT NULL CHECK (length(certificate) = 32),
    sealed BLOB NOT NULL
) STRICT;
CREATE TABLE answers (
    commitment_id BLOB PRIMARY KEY CHECK (length(commitment_id) = 66),
    session BLOB NOT NULL UNIQUE CHECK (length(session) = 32),
    boot INTEGER NOT NULL REFERENCES boots (boot),
    digest BLOB NOT NULL,
    list_hash BLOB NOT NULL,
    encoded BLOB NOT NULL
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
CREATE TABLE journal (
    sequence INTEGER PRIMARY KEY,
    previous BLOB NOT NULL,
    hash BLOB NOT NULL,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;
"""
