"""The outside world as Protocols: what shells are given and adapters provide. No code, only shapes."""
