"""Why a node says no: the closed list of reasons, for the journal, the wire and the person who reads either."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class ReasonCode(StrEnum):
    """Every refusal carries one of these, so that they can be counted and alarmed on."""

    MALFORMED = "malformed"
    UNKNOWN_AUTHOR = "unknown-author"
    BAD_SIGNATURE = "bad-signature"
    NOT_FOR_US = "not-for-us"
    RATE_LIMITED = "rate-limited"
    OUT_OF_ORDER = "out-of-order"
    CONFLICT = "conflict"
    RUN_FAILED = "run-failed"
    UNKNOWN_KEY = "unknown-key"
    STALE_GENERATION = "stale-generation"
    WAITING = "waiting"
    ROLLED_BACK = "rolled-back"
    UNKNOWN_SESSION = "unknown-session"
    NONCE_SPENT = "nonce-spent"
    CHAIN_UNAVAILABLE = "chain-unavailable"
    STALE_READ = "stale-read"
    NO_RULE_ALLOWS = "no-rule-allows"
    WRONG_CHAIN = "wrong-chain"
    WRONG_EPOCH = "wrong-epoch"
    WRONG_CLASS = "wrong-class"
    WRONG_KEY = "wrong-key"
    WRONG_CONTRACT = "wrong-contract"
    THRESHOLD_TOO_LOW = "threshold-too-low"
    DEADLINE_PASSED = "deadline-passed"
    DEADLINE_TOO_FAR = "deadline-too-far"
    ALREADY_USED = "already-used"
    NO_SUCH_REQUEST = "no-such-request"
    REQUEST_DIFFERS = "request-differs"
    REQUEST_VETOED = "request-vetoed"
    AMOUNT_TOO_LARGE = "amount-too-large"
    TOO_MANY_ACCOUNTS = "too-many-accounts"
    STALE_PRICE = "stale-price"
    ACCOUNT_UNKNOWN = "account-unknown"
    ACCOUNT_HEALTHY = "account-healthy"
    ACCOUNT_CURING = "account-curing"
    NONCE_TAKEN = "intent-nonce-taken"
    INTERNAL = "internal"


LONGEST: Final = 500
"""Characters of a reason: what an endpoint says may be part of it, and no message is made long by that."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason with its figures."""

    code: ReasonCode
    detail: str

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"[:LONGEST]
