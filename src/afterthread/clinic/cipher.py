"""Sealed columns: what would name a person or tell her story is encrypted before it reaches the database."""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import FieldError
from django.db import models

from afterthread.clinic.key import KeyFileError, Keys, read_keys


class Unreadable(Exception):
    """A sealed text that none of the keys opens."""


@lru_cache(maxsize=4)
def _box(seal: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in seal])


@lru_cache(maxsize=2)
def _renewed(path: Path, _changed: int) -> Keys:
    return read_keys(path)


def keys() -> Keys:
    """The keys of this installation as they are now: another process may have put a new one in front."""
    found: Keys = settings.AFTERTHREAD_KEYS
    path: Path = settings.AFTERTHREAD_KEY_FILE
    try:
        return _renewed(path, path.stat().st_mtime_ns)
    except (OSError, KeyFileError):  # a key file that was lost must not stop those who have read it
        return found


def seal(text: str) -> str:
    """The text encrypted with the newest key; nothing stays nothing, so that a blank is seen to be blank."""
    return _box(keys().seal).encrypt(text.encode()).decode() if text else ""


def unseal(token: str) -> str:
    """The text again; raises `Unreadable` when it was sealed with a key we do not have, or was changed."""
    try:
        return _box(keys().seal).decrypt(token.encode()).decode() if token else ""
    except InvalidToken:
        raise Unreadable("a sealed text cannot be opened: the key file is not the one it was sealed with") from None


def reseal(token: str) -> str:
    """The same text, sealed with the newest key."""
    return _box(keys().seal).rotate(token.encode()).decode() if token else ""


def fingerprint(text: str) -> str:
    """A keyed fingerprint by which an address is found without being readable; case and outer blanks do not count."""
    return hmac.new(keys().index.encode(), text.strip().casefold().encode(), hashlib.sha256).hexdigest()


def digest(secret: str) -> str:
    """What is kept of a random secret, which needs no salt."""
    return hashlib.sha256(secret.encode()).hexdigest()


class SealedField(models.TextField):  # type: ignore[type-arg]  # generic for the type checker only
    """Text that is encrypted in the database; it cannot be searched there."""

    def get_prep_value(self, value: Any) -> Any:
        """Seal on the way in."""
        return value if value is None else seal(str(value))

    def from_db_value(self, value: Any, *_: Any) -> Any:
        """Unseal on the way out."""
        return value if value is None else unseal(value)

    def get_lookup(self, lookup_name: str) -> Any:
        """Only whether there is something can be asked of a sealed column."""
        if lookup_name != "isnull":
            raise FieldError(f"a sealed column cannot be searched (`{lookup_name}`)")
        return super().get_lookup(lookup_name)
