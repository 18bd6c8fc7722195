"""What happened: the only tables, the only verbs that write, and the only queries that read."""
