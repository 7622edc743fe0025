"""The one place where concrete parts are joined."""
