"""Threads as things: what a clinic buys, and each lot of it with its expiry."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from afterthread.clinic.models.clinic import Clinic


class Product(models.Model):
    """One article as it is ordered; its words are those of the protocol, a blank is unknown."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="products")
    name = models.CharField(max_length=120)
    maker = models.CharField(max_length=120, blank=True)
    gtin = models.CharField(max_length=14, blank=True)
    """The article's GS1 number, 14 digits."""
    kind = models.CharField(max_length=40, blank=True)
    material = models.CharField(max_length=40, blank=True)
    fixation = models.CharField(max_length=40, blank=True)
    path = models.CharField(max_length=16, blank=True)
    gauge = models.PositiveSmallIntegerField(null=True, blank=True)
    length_mm = models.PositiveSmallIntegerField(null=True, blank=True)
    low_at = models.PositiveSmallIntegerField(default=0)
    """At this many threads or fewer it is time to order."""
    retired_at = models.DateTimeField(null=True, blank=True)
    revision = models.PositiveIntegerField(default=0)

    class Meta:
        """By name; an article's number is used once."""

        ordering: ClassVar[list[str]] = ["name"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["clinic", "name"], name="product_name_once"),
            models.UniqueConstraint(fields=["clinic", "gtin"], condition=~Q(gtin=""), name="product_gtin_once"),
        ]

    def __str__(self) -> str:
        return self.name


class Lot(models.Model):
    """One production lot of one product; how many are left is the sum of its movements."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="lots")
    code = models.CharField(max_length=60)
    expires = models.DateField(null=True, blank=True)
    """The last day on which it may be used."""

    class Meta:
        """What expires first is used first."""

        ordering: ClassVar[list[str]] = ["expires", "code"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["product", "code"], name="lot_code_once")
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["clinic", "code"])]

    def __str__(self) -> str:
        return self.code
