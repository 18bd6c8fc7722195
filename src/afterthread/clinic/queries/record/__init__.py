"""Reading the clinical record around the recovery."""
