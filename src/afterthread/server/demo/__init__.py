"""A made-up practice and its past, told with the same verbs as a real one."""
