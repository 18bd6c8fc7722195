"""Reading about the protocols of a clinic: which is in force, what a draft would change, and who signed it off."""
