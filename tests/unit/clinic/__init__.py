"""The clinic floor, below its pages."""
