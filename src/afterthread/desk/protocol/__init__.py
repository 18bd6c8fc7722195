"""The clinic's own protocol, as staff read, change, check and adopt it."""
