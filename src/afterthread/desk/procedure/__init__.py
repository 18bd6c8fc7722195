"""Pages about one procedure: what was agreed before, what was done, what came of it."""
