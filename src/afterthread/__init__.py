"""Recovery and complications after thread lifts: knowledge with sources, explained decisions, proofs."""
