"""The keys of an installation: one small file outside the database, without which names and texts are unreadable."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from cryptography.fernet import Fernet


class KeyFileError(Exception):
    """The key file cannot be used as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """`seal` encrypts fields, newest first; `index` finds addresses; `audit` chains the log; `backup` seals copies."""

    seal: tuple[str, ...]
    index: str
    audit: str
    backup: str
    django: str

    def with_new_seal(self) -> Keys:
        """The same keys with a fresh one in front: new texts use it, old ones stay readable."""
        return replace(self, seal=(fresh(), *self.seal))

    def with_newest_seal_only(self) -> Keys:
        """Without the keys that nothing is sealed with any more."""
        return replace(self, seal=self.seal[:1])


def fresh() -> str:
    """A new random key of 256 bits."""
    return Fernet.generate_key().decode()


def new_keys() -> Keys:
    """Keys for a new installation."""
    return Keys(seal=(fresh(),), index=fresh(), audit=fresh(), backup=fresh(), django=secrets.token_urlsafe(48))


def read_keys(path: Path) -> Keys:
    """The keys in a file; raises `KeyFileError` saying what is wrong with it."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        keys = Keys(**{**data, "seal": tuple(data["seal"])})
        for key in (*keys.seal, keys.backup):
            Fernet(key)
    except FileNotFoundError:
        raise KeyFileError(f"there is no key file at {path}; create one with `afterthread keys new`") from None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise KeyFileError(f"the key file {path} cannot be read ({error}); restore it from your copy") from None
    return keys


def write_keys(path: Path, keys: Keys) -> None:
    """Write the file whole or not at all, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        json.dump(asdict(keys), stream, indent=2)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(path)
