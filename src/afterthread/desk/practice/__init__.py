"""Pages about the clinic itself."""
