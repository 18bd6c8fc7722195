"""The questions: the first argument is always the viewer, and nothing outside her reach is ever found."""
