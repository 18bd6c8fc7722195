"""Reading stock and recalls."""
