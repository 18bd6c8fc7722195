"""What the product promises, chapter by chapter; published as its behaviour."""
