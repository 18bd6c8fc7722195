"""The protocols that this installation knows: the shipped one, and every one that a running plan is pinned to."""

from __future__ import annotations

import json
import tempfile
import zlib
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from afterthread.clinic.models import ProtocolVersion
from afterthread.clinic.roles import Missing
from afterthread.protocol.load import LIBRARY, SHIPPED, load, shipped
from afterthread.protocol.model import Protocol


def adopt_shipped(at: datetime) -> ProtocolVersion:
    """The shipped protocol, kept whole the first time it is asked for."""
    protocol = shipped()
    found = ProtocolVersion.objects.filter(pk=protocol.digest).first()
    return found or ProtocolVersion.objects.create(
        digest=protocol.digest,
        protocol=protocol.id,
        version=protocol.version,
        approval=protocol.approval,
        files=_pack(LIBRARY / SHIPPED),
        adopted_at=at,
    )


@lru_cache(maxsize=8)
def protocol(digest: str) -> Protocol:
    """The protocol with this digest, from the shipped files or as it was kept; raises `Missing` for neither."""
    if digest == shipped().digest:
        return shipped()
    kept = ProtocolVersion.objects.filter(pk=digest).first()
    if kept is None:
        raise Missing
    with tempfile.TemporaryDirectory() as folder:
        for name, text in json.loads(zlib.decompress(bytes(kept.files))).items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        found = load(Path(folder))
    if found.digest != digest:
        raise ValueError(f"the kept protocol {kept} is not what its digest says; restore it from a backup")
    return found


def _pack(folder: Path) -> bytes:
    files = [*sorted(folder.glob("*.toml")), *sorted(folder.glob("words/*/*.toml"))]
    texts = {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in files}
    return zlib.compress(json.dumps(texts, ensure_ascii=False).encode(), level=9)
