"""Whole stories through the front door, in a real browser, at phone and desk size."""
