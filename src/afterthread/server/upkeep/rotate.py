"""Changing the key that everything is sealed with, while everything goes on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.db import transaction

from afterthread.clinic.cipher import keys, reseal
from afterthread.clinic.key import write_keys
from afterthread.server.upkeep.table import Table, tables

PATIENCE = timedelta(minutes=1)
"""By then every process has seen a changed key file and finished what it had begun with the old key."""
SECRETS = ("secret", "seed")
"""What allauth keeps sealed inside the JSON of a second step."""


class StillSealed(Exception):
    """An old key is still needed."""


def rotate() -> Iterator[tuple[str, int]]:
    """Put a fresh key in front, then seal every row with it; yields each table with how many were sealed anew.

    Started again after it was stopped, it goes on with the key that it had made.
    """
    if len(keys().seal) == 1:
        write_keys(settings.AFTERTHREAD_KEY_FILE, keys().with_new_seal())
    for table in tables():
        if table.sealed:
            yield table.name, sum(_reseal_column(table, column) for column in table.sealed)
    yield "second steps", _reseal_second_steps()


def _reseal_column(table: Table, column: str) -> int:
    done = 0
    for batch in table.tokens(column):
        with transaction.atomic():
            done += sum(table.swap(column, key, token, reseal(token)) for key, token in batch if is_old(token))
    return done


def _reseal_second_steps() -> int:
    done = 0
    for pk in _old_second_steps():
        with transaction.atomic():
            row = Authenticator.objects.select_for_update().get(pk=pk)
            row.data |= {name: reseal(row.data[name]) for name in SECRETS if name in row.data}
            row.save(update_fields=["data"])
            done += 1
    return done


def _old_second_steps() -> list[int]:
    rows = Authenticator.objects.values_list("pk", "data")
    return [pk for pk, data in rows if any(is_old(data[name]) for name in SECRETS if name in data)]


def is_old(token: str) -> bool:
    """Whether a token needs another key than the newest; a blank needs none."""
    try:
        return bool(token) and not Fernet(keys().seal[0]).decrypt(token.encode())
    except InvalidToken:
        return True


def retire(at: datetime) -> int:
    """Drop the old keys and return how many; raises `StillSealed` while anything could need them."""
    changed = datetime.fromtimestamp(settings.AFTERTHREAD_KEY_FILE.stat().st_mtime, UTC)
    if at - changed < PATIENCE:
        raise StillSealed("the keys were changed less than a minute ago and somebody may still write with the old one")
    for table in tables():
        for column in table.sealed:
            left = sum(is_old(token) for batch in table.tokens(column) for _, token in batch)
            if left:
                raise StillSealed(f"{table.name} has {left} texts of an old key; run `afterthread keys rotate`")
    if _old_second_steps():
        raise StillSealed("second steps of staff need an old key; run `afterthread keys rotate`")
    old = keys()
    if len(old.seal) > 1:
        write_keys(settings.AFTERTHREAD_KEY_FILE, old.with_newest_seal_only())
    return len(old.seal) - 1
