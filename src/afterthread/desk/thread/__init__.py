"""A thread at the desk: its row in the record, its line on the map, and what the protocol remarks on it."""
