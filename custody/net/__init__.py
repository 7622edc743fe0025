"""Ways to carry a signed message to a seat; each trusted with nothing."""

from custody.net.http_server import serve
from custody.net.http_transport import HttpTransport
from custody.net.loopback import LoopbackTransport

__all__ = ["HttpTransport", "LoopbackTransport", "serve"]
