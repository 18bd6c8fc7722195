"""A sealed file: encrypted piece by piece, so that one changed, missing or added byte is noticed, whatever its size."""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MAGIC = b"AFTERTHREAD BACKUP 1\n"
PIECE = 1 << 16
TAG = 16
SALT = 16


class BoxError(Exception):
    """The file is no sealed file, was changed or cut, or was sealed with another key."""


def seal_file(path: Path, pieces: Iterable[bytes], key: str) -> None:
    """Write everything sealed, whole or not at all, readable by its owner only."""
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            _write(stream, pieces, key)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    _settle(path.parent)


def _write(stream: BinaryIO, pieces: Iterable[bytes], key: str) -> None:
    salt = secrets.token_bytes(SALT)
    cipher, held, number = _cipher(key, salt), b"", 0
    stream.write(MAGIC + salt)
    for piece in pieces:
        held += piece
        while len(held) > PIECE:
            stream.write(cipher.encrypt(_nonce(number, last=False), held[:PIECE], MAGIC))
            held, number = held[PIECE:], number + 1
    stream.write(cipher.encrypt(_nonce(number, last=True), held, MAGIC))


def open_file(path: Path, key: str) -> Iterator[bytes]:
    """What was sealed, piece by piece, each only after it proved genuine; raises `BoxError`."""
    with path.open("rb") as stream:
        head = stream.read(len(MAGIC) + SALT)
        if not head.startswith(MAGIC) or len(head) < len(MAGIC) + SALT:
            raise BoxError(f"{path} is no backup of Afterthread")
        cipher, number = _cipher(key, head[len(MAGIC) :]), 0
        piece = stream.read(PIECE + TAG)
        while piece:
            coming = stream.read(PIECE + TAG)
            try:
                yield cipher.decrypt(_nonce(number, last=not coming), piece, MAGIC)
            except InvalidTag:
                raise BoxError(f"{path} was changed or cut, or was sealed with another key") from None
            piece, number = coming, number + 1
        if number == 0:
            raise BoxError(f"{path} was cut")


def _cipher(key: str, salt: bytes) -> AESGCM:
    """A key for this file alone, so that counting nonces never meets another file's."""
    return AESGCM(HKDF(SHA256(), 32, salt, MAGIC).derive(base64.urlsafe_b64decode(key)))


def _nonce(number: int, *, last: bool) -> bytes:
    """The place of a piece; the last one says so, so that a file cut between two pieces is noticed."""
    return number.to_bytes(11, "big") + bytes([last])


def _settle(folder: Path) -> None:
    """Make the new name survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
