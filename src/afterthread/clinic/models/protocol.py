"""The protocols that plans were made from, kept whole, so that a running plan never changes under a patient."""

from __future__ import annotations

from django.db import models


class ProtocolVersion(models.Model):
    """One version with all its files; its digest is its name."""

    digest = models.CharField(max_length=64, primary_key=True)
    protocol = models.CharField(max_length=40)
    version = models.CharField(max_length=40)
    approval = models.CharField(max_length=200)
    files = models.BinaryField()
    """Compressed JSON: file name -> text."""
    adopted_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.protocol} {self.version}"
