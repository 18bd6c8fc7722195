"""The tests, one folder per kind; CONTRIBUTING.md says which change deserves which."""
