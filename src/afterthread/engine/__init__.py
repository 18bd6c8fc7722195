"""What follows from the knowledge: pure, deterministic answers, each with its reasons."""
