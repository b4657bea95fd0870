"""The peers of the bridge. Each runs with an interpreter and libraries of its own."""
