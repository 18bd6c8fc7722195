"""The parsed tables of the shipped library, kept beside Python's own byte code so that a command starts at once.

Reading TOML takes most of a command's start. What was read is kept under the digest of the files, so a changed file is
never answered from what was kept; where nothing can be written, everything works as before.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any


def _path(name: str, digest: str) -> Path:
    return Path(__file__).parent / "__pycache__" / f"{name}.{digest[:32]}.json"


def recall(name: str, digest: str) -> dict[str, Any]:
    """What was kept of files with this digest, or nothing."""
    with contextlib.suppress(OSError, ValueError):
        found = json.loads(_path(name, digest).read_bytes())
        if isinstance(found, dict):
            return found
    return {}


def keep(name: str, digest: str, tables: dict[str, Any]) -> None:
    """Keep what was read without any problem, in place of what was kept before; readers never see half a file."""
    path = _path(name, digest)
    with contextlib.suppress(OSError, TypeError):
        part = path.with_suffix(f".{os.getpid()}.part")
        part.write_text(json.dumps(tables, ensure_ascii=False), encoding="utf-8")
        for old in path.parent.glob(f"{name}.*.json"):
            old.unlink()
        part.replace(path)
