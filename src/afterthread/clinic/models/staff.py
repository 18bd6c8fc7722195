"""Who works where, and how they sign in."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q

from afterthread.clinic.models.clinic import Clinic
from afterthread.clinic.roles import Role


class Users(BaseUserManager["User"]):
    """Makes users; they are found by their address."""

    def create_user(self, email: str, password: str | None = None, **more: Any) -> User:
        """A user who can sign in, or who first has to choose a password."""
        user = self.model(email=self.normalize_email(email).casefold(), **more)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person who signs in; patients never do."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    language = models.CharField(max_length=8, default="en")
    is_active = models.BooleanField(default=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = Users()

    def __str__(self) -> str:
        return self.name or self.email


class Staff(models.Model):
    """One person's place in one clinic, from a day until a day."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="staff")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="places")
    role = models.CharField(
        max_length=16, choices=[(role.value, role.value) for role in Role if role not in (Role.PATIENT, Role.SYSTEM)]
    )
    called = models.PositiveSmallIntegerField(null=True, blank=True)
    """The place on the list of who is told when nobody answers, from 1; none: never."""
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        """Nobody has two places in one clinic at once."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["clinic", "user"], condition=Q(until=None), name="one_place_at_a_time")
        ]

    def __str__(self) -> str:
        return str(self.user)


def call_list(clinic: Clinic) -> models.QuerySet[Staff]:
    """Who is told when nobody answers, in turn: at each step of the escalation one more, whatever the numbers are."""
    return Staff.objects.filter(clinic=clinic, until=None, called__isnull=False).order_by("called", "since")
