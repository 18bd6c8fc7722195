"""Complications as cases, and taking threads out."""
