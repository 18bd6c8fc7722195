"""How an installation is set up: safe by default, refused when it is not, and its keys never beside its copies."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as ours
from django.test import Client
from django.urls import URLResolver, get_resolver

from afterthread.clinic.cipher import keys
from afterthread.clinic.key import new_keys, write_keys
from afterthread.server.environment import SettingError, read_environment
from afterthread.server.upkeep.backup import back_up
from afterthread.server.upkeep.box import open_file
from tests.spec.security.conftest import NOW, House

SOURCE = Path(ours.ROOT_URLCONF and read_environment.__code__.co_filename).parents[1]

OPEN = (
    "http://care.example.org", "http://10.0.0.7:8000", "ftp://localhost", "care.example.org", "//x",
    "http://localhost.evil.example", "http://localhost@evil.example",
)  # fmt: skip


def given(folder: Path, **more: str) -> dict[str, str]:
    """What an installation with its own address is told."""
    path = folder / "secret" / "keys.json"
    if not path.exists():
        write_keys(path, new_keys())
    told = {
        "AFTERTHREAD_URL": "https://care.example.org",
        "AFTERTHREAD_KEYS": str(path),
        "AFTERTHREAD_MAIL": "console:",
    }
    return {**told, "AFTERTHREAD_DATA": str(folder / "data"), **more}


def settings_of(folder: Path, **more: str) -> dict[str, Any]:
    """The settings that Django gets there, read by a process of its own."""
    script = (
        "import json, afterthread.server.settings as s\n"
        "print(json.dumps({n: getattr(s, n) for n in dir(s) if n.isupper()}, default=lambda one: type(one).__name__))"
    )
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("AFTERTHREAD", "DATABASE", "DJANGO"))
    }
    told = subprocess.run(
        [sys.executable, "-c", script], env=clean | given(folder, **more), check=True, stdout=subprocess.PIPE, text=True
    )
    found: dict[str, Any] = __import__("json").loads(told.stdout)
    return found


def test_it_is_closed_to_listeners_where_it_has_an_address(tmp_path: Path) -> None:
    """Behind TLS browsers are told to stay there, and no cookie travels without it."""
    told = settings_of(tmp_path)
    assert told["SECURE_HSTS_SECONDS"] >= 31_536_000
    assert (told["SESSION_COOKIE_SECURE"], told["CSRF_COOKIE_SECURE"]) == (True, True)
    assert (told.get("SESSION_COOKIE_HTTPONLY", True), told["CSRF_COOKIE_HTTPONLY"]) == (True, True)
    assert told["SECURE_PROXY_SSL_HEADER"] == ["HTTP_X_FORWARDED_PROTO", "https"]
    assert (told["DEBUG"], told["AFTERTHREAD_DEMO"]) == (False, False)
    assert told["MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN"] is False
    assert set(told["ALLOWED_HOSTS"]) == {"care.example.org", "localhost", "127.0.0.1", "[::1]"}
    assert told["CSRF_TRUSTED_ORIGINS"] == ["https://care.example.org"]
    assert "django.contrib.sessions.serializers.PickleSerializer" not in str(told)
    assert told["SESSION_COOKIE_AGE"] == 12 * 3600
    assert "django.contrib.admin" not in told["INSTALLED_APPS"]


@pytest.mark.parametrize("url", OPEN)
def test_it_does_not_start_without_tls_for_others(tmp_path: Path, url: str) -> None:
    """Plain http is for this machine alone."""
    with pytest.raises(SettingError, match="AFTERTHREAD_URL"):
        read_environment(given(tmp_path, AFTERTHREAD_URL=url))
    assert not read_environment(given(tmp_path, AFTERTHREAD_URL="http://localhost:8000")).secure


def test_it_does_not_start_talkative_for_others(tmp_path: Path) -> None:
    """Pages that show how the program is made when they break are for this machine alone."""
    with pytest.raises(SettingError, match="AFTERTHREAD_DEBUG"):
        read_environment(given(tmp_path, AFTERTHREAD_DEBUG="1"))
    assert read_environment(given(tmp_path, AFTERTHREAD_DEBUG="1", AFTERTHREAD_URL="http://localhost:8000")).debug


def test_it_does_not_start_without_keys(tmp_path: Path) -> None:
    """Keys are never made up on the way; only the demonstration makes its own."""
    told = given(tmp_path, AFTERTHREAD_KEYS=str(tmp_path / "none.json"))
    with pytest.raises(SettingError, match="keys new"):
        read_environment(told)
    assert not (tmp_path / "none.json").exists()


def test_it_keeps_keys_and_data_to_their_owner(tmp_path: Path) -> None:
    """Whatever the habit of the machine, nobody else on it reads keys or folder."""
    old = os.umask(0)
    try:
        told = given(tmp_path)
        read_environment(told)
    finally:
        os.umask(old)
    assert Path(told["AFTERTHREAD_KEYS"]).stat().st_mode & 0o777 == 0o600
    assert Path(told["AFTERTHREAD_DATA"]).stat().st_mode & 0o777 == 0o700


@pytest.mark.django_db(transaction=True)
def test_it_keeps_no_key_and_no_word_in_a_copy(tmp_path: Path, house: House) -> None:
    """Whoever steals the copies reads nothing; opened with its own key, it holds no other, and still no name."""
    file = tmp_path / "copy"
    old = os.umask(0)
    try:
        back_up(file, NOW)
    finally:
        os.umask(old)
    assert file.stat().st_mode & 0o777 == 0o600
    assert sorted(one.name for one in tmp_path.iterdir()) == ["copy"]
    mine = keys()
    inside = __import__("zlib").decompressobj()
    plain = b"".join(inside.decompress(piece) for piece in open_file(file, mine.backup)).decode()
    secrets = [*mine.seal, mine.index, mine.audit, mine.backup, mine.django, ours.SECRET_KEY]
    assert "clinic_patient" in plain
    for secret in secrets:
        assert secret.encode() not in file.read_bytes()
        assert secret not in plain
    for word in ("anna@patient.example", "throb"):
        assert word not in plain


def test_it_has_no_page_for_administrators_of_databases() -> None:
    """Nothing leads around the table of roles."""
    for path in (
        "/admin/",
        "/admin/login/",
        "/django-admin/",
        "/__debug__/",
        "/api/",
        "/graphql",
        "/.env",
        "/.git/config",
        "/media/",
    ):
        assert Client().get(path).status_code == 404, path
    apps = {entry.app_name for entry in get_resolver().url_patterns if isinstance(entry, URLResolver)}
    assert apps == {None, "desk", "diary", "card"}


def test_it_reads_nothing_that_could_run() -> None:
    """Nothing is unpickled, evaluated or run, and no text becomes a question to the database or a page unescaped."""
    banned = {"pickle", "marshal", "shelve", "dill", "yaml", "jsonpickle"}
    calls = {"eval", "exec", "compile", "RawSQL", "extra", "raw", "os.system", "os.popen", "mark_safe"}
    found = []
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {one.name.split(".")[0] for one in node.names} | {
                    (getattr(node, "module", "") or "").split(".")[0]
                }
                found += [f"{path.name}: {name}" for name in names & banned]
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                of = getattr(getattr(node.func, "value", None), "id", "")
                found += [f"{path.name}:{name}"] if of != "re" and {name, f"{of}.{name}"} & calls else []
    assert found == ["qr.py:mark_safe"]  # a picture drawn from squares
    unescaped = {
        path.name
        for path in SOURCE.rglob("*.html")
        if "autoescape off" in path.read_text() or "|safe" in path.read_text()
    }
    assert unescaped <= {"field_notes.html"}  # the help of a form, which is ours
