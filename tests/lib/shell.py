"""Calls the command line as a person at a terminal does, on the shipped protocol or on one changed on purpose."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from afterthread.protocol.load import LIBRARY, SHIPPED
from tests.lib.source import ROOT

Told = tuple[int, str, str]
"""Exit code, standard output and standard error."""
Ask = Callable[..., Told]
EXAMPLE = str(ROOT / "docs" / "examples" / "day5.json")
Change = tuple[str, str, str]
"""A file of the protocol, what stands there once, and what to write instead."""
SWELLING = '[course.swelling]\nonset = 0\npeak = "1-3"\nuntil = { mild = '
LOOSER: Change = ("course.toml", f"{SWELLING}14", f"{SWELLING}20")
"""A change that lets a little swelling pass for six more days."""
TAMER: Change = (
    "rules.toml",
    'when = { vision = "yes" }\nurgency = "emergency"',
    'when = { vision = "yes" }\nurgency = "same_day"',
)
"""A change that no proof lets through."""


def altered(folder: Path, change: Change) -> str:
    """Makes a copy of the shipped protocol with one thing changed, and names its folder."""
    file, old, new = change
    copy = folder / "protocol"
    shutil.copytree(LIBRARY / SHIPPED, copy)
    text = (copy / file).read_text(encoding="utf-8")
    assert text.count(old) == 1
    (copy / file).write_text(text.replace(old, new), encoding="utf-8")
    return str(copy)


def written(path: Path, value: Any) -> str:
    """The name of a file with JSON in it."""
    path.write_text(json.dumps(value), encoding="utf-8")
    return str(path)


def started(*arguments: str, stdin: str = "") -> Told:
    """The command as a shell starts it."""
    done = subprocess.run(
        [sys.executable, "-m", "afterthread.cli", *arguments], input=stdin, capture_output=True, text=True, check=False,
        env={"PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr
