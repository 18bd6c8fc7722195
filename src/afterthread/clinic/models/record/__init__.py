"""The clinical record around the recovery: what was agreed before, what was used, and what came of it."""
