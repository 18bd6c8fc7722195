"""Whole stories, from screening to outcome, told through the front door."""
