"""What patients see: the diary of one recovery."""
