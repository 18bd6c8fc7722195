"""The protocols that this installation knows: the shipped one, clinics' own, and each that a plan is pinned to."""

from __future__ import annotations

import json
import tempfile
import zlib
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from afterthread.clinic.models import Clinic, ProtocolVersion
from afterthread.clinic.roles import Missing
from afterthread.protocol.load import LIBRARY, SHIPPED, digest, load, shipped
from afterthread.protocol.model import Protocol
from afterthread.protocol.write import write

LIBRARY_FOLDER = LIBRARY / SHIPPED
OVERLAY = "overlay.toml"
"""The member of the kept files that lies over the others; its name is part of the digest."""


def adopt_shipped(at: datetime) -> ProtocolVersion:
    """The shipped protocol, kept whole the first time it is asked for."""
    return _keep(shipped(), {}, at)


def adopt(document: Mapping[str, Any], at: datetime) -> ProtocolVersion:
    """The shipped protocol with this laid over it, kept whole; raises `ProtocolError` with every problem."""
    return _keep(build(document), {OVERLAY: write(document)}, at)


def current(clinic: Clinic, at: datetime) -> ProtocolVersion:
    """The protocol from which new plans are made: the clinic's own, or the shipped one."""
    return clinic.protocol or adopt_shipped(at)


def in_force(clinic: Clinic) -> Protocol:
    """The same, to read in it."""
    return protocol(clinic.protocol_id) if clinic.protocol_id else shipped()


def build(document: Mapping[str, Any]) -> Protocol:
    """The shipped protocol with this laid over it; raises `ProtocolError` with every problem."""
    return _build(write(document))


@lru_cache(maxsize=8)
def _build(text: str) -> Protocol:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, OVERLAY)
        path.write_text(text, encoding="utf-8")
        return load(LIBRARY_FOLDER, path)


@lru_cache(maxsize=16)
def protocol(digest: str) -> Protocol:
    """The protocol with this digest, from the shipped files or as it was kept; raises `Missing` for neither."""
    if digest == shipped().digest:
        return shipped()
    kept = ProtocolVersion.objects.filter(pk=digest).first()
    if kept is None:
        raise Missing
    with tempfile.TemporaryDirectory() as folder:
        found = _unpack(json.loads(zlib.decompress(bytes(kept.files))), Path(folder), digest)
    if found.digest != digest:
        raise ValueError(f"the kept protocol {kept} is not what its digest says; restore it from a backup")
    return found


def _unpack(files: dict[str, str], folder: Path, wanted: str) -> Protocol:
    """What was kept, loaded; from the shipped files, which are read faster, where the rest of it is the same."""
    laid = files.pop(OVERLAY, None)
    overlay = Path(folder, OVERLAY) if laid is not None else None
    if overlay is not None and laid is not None:
        overlay.write_text(laid, encoding="utf-8")
        if digest(LIBRARY_FOLDER, overlay) == wanted:
            return load(LIBRARY_FOLDER, overlay)
    for name, text in files.items():
        path = Path(folder, SHIPPED, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return load(Path(folder, SHIPPED), overlay)


def _keep(made: Protocol, laid: Mapping[str, str], at: datetime) -> ProtocolVersion:
    found = ProtocolVersion.objects.filter(pk=made.digest).first()
    return found or ProtocolVersion.objects.create(
        digest=made.digest,
        protocol=made.id,
        version=made.version,
        approval=made.approval,
        files=_pack(LIBRARY_FOLDER, laid),
        adopted_at=at,
    )


def _pack(folder: Path, more: Mapping[str, str]) -> bytes:
    files = [*sorted(folder.glob("*.toml")), *sorted(folder.glob("words/*/*.toml"))]
    texts = {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in files}
    return zlib.compress(json.dumps({**texts, **more}, ensure_ascii=False).encode(), level=9)
