"""A host's keys, its signatures, its sealing, and records sealed at rest: the one door to `cryptography`.

`hardware` is the one door to `pkcs11`, `backup` to `shamir_mnemonic`; both are imported by who needs them.
"""

from custody.host.authentication import HostDirectory
from custody.host.hardening import harden_process
from custody.host.hardware import HardwareCipher, WrappingKey
from custody.host.identity import HostIdentity
from custody.host.records import PassphraseCipher

__all__ = [
    "HardwareCipher",
    "HostDirectory",
    "HostIdentity",
    "PassphraseCipher",
    "WrappingKey",
    "harden_process",
]
