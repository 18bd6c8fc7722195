"""The settings that an installation chooses, read from the environment; what is wrong is said at the start."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import dj_database_url

from afterthread.clinic.key import KeyFileError, Keys, new_keys, read_keys, write_keys

PREFIX = "AFTERTHREAD_"
SQLITE_PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=20000; PRAGMA foreign_keys=ON;"
"""FULL: with NORMAL a power cut loses check-ins that a patient was told had arrived."""


class SettingError(Exception):
    """A setting that cannot be used, with its name and how to mend it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What was chosen."""

    demo: bool
    data: Path
    url: str
    database: dict[str, Any]
    keys: Keys
    key_file: Path
    mail: str
    sender: str
    debug: bool

    @property
    def host(self) -> str:
        """The name under which browsers reach it."""
        return urlsplit(self.url).hostname or ""

    @property
    def secure(self) -> bool:
        """Whether browsers reach it by TLS."""
        return urlsplit(self.url).scheme == "https"


def read_environment(given: Mapping[str, str] | None = None) -> Environment:
    """Everything from `AFTERTHREAD_…` and `DATABASE_URL`; raises `SettingError`."""
    table = os.environ if given is None else given
    demo = table.get(f"{PREFIX}DEMO", "") == "1"
    data = data_folder(table)
    url = table.get(f"{PREFIX}URL", "http://localhost:8000").rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingError(f"{PREFIX}URL is `{url}`, which is no address; write it like https://care.example.org")
    local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if parts.scheme == "http" and not local:
        raise SettingError(f"{PREFIX}URL must begin with https:// unless it is localhost: links let patients in")
    if demo and not local:
        raise SettingError(
            f"{PREFIX}DEMO is for localhost only: everybody knows its passwords, and no second step is asked"
        )
    debug = table.get(f"{PREFIX}DEBUG", "") == "1"
    if debug and not local:
        raise SettingError(
            f"{PREFIX}DEBUG is for localhost only: pages that break would show their inside to everybody"
        )
    return Environment(
        demo=demo,
        data=data,
        url=url,
        database=_database(table.get("DATABASE_URL", ""), data),
        keys=_keys(key_file(table), demo=demo),
        key_file=key_file(table),
        mail=_mail(table, needed=parts.scheme == "https" and not demo),
        sender=table.get(f"{PREFIX}SENDER", f"Afterthread <no-reply@{parts.hostname}>"),
        debug=debug,
    )


def data_folder(table: Mapping[str, str]) -> Path:
    """Where the installation keeps its files."""
    return Path(table.get(f"{PREFIX}DATA", "data")).absolute()


def key_file(table: Mapping[str, str]) -> Path:
    """Where its keys are; they are better kept apart from the data."""
    return Path(table.get(f"{PREFIX}KEYS", str(data_folder(table) / "keys.json"))).absolute()


def _mail(table: Mapping[str, str], *, needed: bool) -> str:
    if needed and not table.get(f"{PREFIX}MAIL"):
        raise SettingError(f"{PREFIX}MAIL is not set; without a mail server nobody is called and no link arrives")
    return table.get(f"{PREFIX}MAIL") or "console:"


def _keys(path: Path, *, demo: bool) -> Keys:
    if demo and not path.exists():
        write_keys(path, new_keys())
    try:
        return read_keys(path)
    except KeyFileError as error:
        raise SettingError(f"{error}, or name it in {PREFIX}KEYS") from None


def _database(url: str, data: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = dict(dj_database_url.parse(url or f"sqlite:///{data / 'afterthread.sqlite3'}"))
    except (ValueError, KeyError) as error:
        raise SettingError(f"DATABASE_URL cannot be read ({error}); write postgresql://user:secret@host/name") from None
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    if found["ENGINE"].endswith("sqlite3"):
        found["OPTIONS"] = {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": SQLITE_PRAGMAS}
    else:
        found["CONN_MAX_AGE"] = 60
        found["CONN_HEALTH_CHECKS"] = True
    return found


def mail_settings(url: str) -> dict[str, Any]:
    """Django's mail settings from `smtp://user:secret@host:port?tls=1`, `folder:path` or `console:`.

    Raises `SettingError`.
    """
    if url in ("", "console:"):
        return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    parts = urlsplit(url)
    if parts.scheme == "folder":
        backend = "django.core.mail.backends.filebased.EmailBackend"
        return {"EMAIL_BACKEND": backend, "EMAIL_FILE_PATH": Path(parts.path).absolute()}
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise SettingError(f"{PREFIX}MAIL is not understood; write it like smtps://user:secret@mail.example.org:465")
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or (465 if parts.scheme == "smtps" else 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": "tls=1" in parts.query,
        "EMAIL_TIMEOUT": 20,
    }
