"""A host's keys, its signatures, its sealing, and records sealed at rest: the one door to `cryptography`."""

from custody.host.authentication import HostDirectory
from custody.host.identity import HostIdentity
from custody.host.records import PassphraseCipher

__all__ = ["HostDirectory", "HostIdentity", "PassphraseCipher"]
