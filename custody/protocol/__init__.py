"""State machines of the ceremony and of signing: (state, message) -> (state, messages), nothing waits here."""
