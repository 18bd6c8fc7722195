"""How an installation is run and kept: server, worker, keys, copies and health."""

PARENT = "AFTERTHREAD_PARENT"
"""Tells a worker which process started it; when that is gone, so is the worker."""
