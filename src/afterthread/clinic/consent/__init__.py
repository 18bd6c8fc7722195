"""Consent beside its tables: the texts that a clinic starts from, and drawn signatures."""
