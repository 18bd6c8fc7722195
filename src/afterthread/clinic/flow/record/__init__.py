"""Writing the clinical record around the recovery: one verb, one transaction, one audit row."""
