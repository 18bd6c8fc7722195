"""Unit tests of what staff see."""
