"""What patients see, page by page."""
