"""Settings: files and environment, parsed strictly into domain types."""

from custody.config.node_home import NodeSettings, load_node
from custody.config.passphrase import read_passphrase

__all__ = ["NodeSettings", "load_node", "read_passphrase"]
