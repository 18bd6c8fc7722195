"""The verbs: one verb is one transaction, one permission check and one row of the audit log."""
