"""What must always hold: properties proved or refuted by a case, worked examples, comparison, replay."""
