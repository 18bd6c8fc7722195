"""Shows that nothing but the input decides (T9): rule order, locale, time zone, hash seed and Python version do not."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

from afterthread.engine.case import read_case
from afterthread.engine.triage import triage
from afterthread.protocol import Protocol, shipped
from bench import SEED, Row
from bench.wild import RawCase, draw_case

INPUTS = 10_000
ROOT = Path(__file__).parents[1]
OTHER_PYTHONS = ("python3.11", "python3.12", "python3.13", "python3.14")


@dataclass(frozen=True, slots=True)
class Setting:
    """One way of running the same inputs: interpreter, environment, and the order of the rules."""

    name: str
    python: str = sys.executable
    environment: tuple[tuple[str, str], ...] = ()
    shuffle: int = 0


SETTINGS = (
    Setting("as shipped", environment=(("PYTHONHASHSEED", "0"), ("TZ", "UTC"), ("LC_ALL", "C.UTF-8"))),
    Setting("rules in another order", shuffle=1),
    Setting("rules in a third order", shuffle=2),
    Setting("hash seed", environment=(("PYTHONHASHSEED", "4711"),)),
    Setting("locale C", environment=(("LC_ALL", "C"), ("PYTHONUTF8", "0"))),
    Setting("locale tr_TR", environment=(("LC_ALL", "tr_TR.UTF-8"), ("LANG", "tr_TR.UTF-8"))),
    Setting("time zone Kiritimati", environment=(("TZ", "Pacific/Kiritimati"),)),
    Setting("time zone Los Angeles", environment=(("TZ", "America/Los_Angeles"),)),
    Setting("optimised", environment=(("PYTHONOPTIMIZE", "2"),)),
)


def shuffled(protocol: Protocol, seed: int) -> Protocol:
    """The same protocol with its rules, the alternatives of every rule, and its windows in another order."""
    random = Random(seed)
    rules = [replace(rule, when=_mixed(rule.when, random)) for rule in _mixed(protocol["rule"].values(), random)]
    courses = _mixed(protocol["course"].values(), random)
    mixed = {"rule": {rule.id: rule for rule in rules}, "course": {course.id: course for course in courses}}
    return replace(protocol, entries={**protocol.entries, **mixed})


def _mixed(things: Iterable[Any], random: Random) -> tuple[Any, ...]:
    kept = tuple(things)
    return tuple(random.sample(kept, len(kept)))


def fingerprints(protocol: Protocol, cases: Iterable[RawCase]) -> Iterator[str]:
    """A hash per decision over its every byte, as Python and as JSON show it."""
    for case in cases:
        decision = triage(protocol, read_case(protocol, case))
        text = repr(decision) + json.dumps(asdict(decision), ensure_ascii=False)
        yield hashlib.sha256(text.encode()).hexdigest()


def run(setting: Setting, cases: list[RawCase]) -> list[str] | None:
    """The hashes under a setting, from a process of its own; None where that interpreter does not start here."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("LC_", "PYTHON", "TZ"))}
    done = subprocess.run(
        [setting.python, "-m", "bench.identity", str(setting.shuffle)],
        input="\n".join(map(json.dumps, cases)),
        env={**kept, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}", **dict(setting.environment)},
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    return done.stdout.split() if done.returncode == 0 else None


def pythons() -> Iterator[Setting]:
    """Every other Python on the path that starts."""
    for name in OTHER_PYTHONS:
        path = shutil.which(name)
        if path is None or name == f"python3.{sys.version_info.minor}":
            continue
        told = subprocess.run([path, "-c", "print(1)"], capture_output=True, check=False)
        if told.returncode == 0:
            yield Setting(name, python=path)


def differing(inputs: int) -> tuple[dict[str, int], int]:
    """Per setting how many decisions differ from those as shipped (all, where it failed); and the number of cases."""
    protocol = shipped()
    cases = [draw_case(protocol, Random(f"{SEED} identity {number}")) for number in range(inputs)]
    settings = [*SETTINGS, *pythons()]
    reference = run(settings[0], cases)
    if reference is None or len(reference) != inputs:
        raise RuntimeError("the shipped protocol does not decide in a process of its own")
    found = {}
    for setting in settings[1:]:
        got = run(setting, cases) or []
        same = sum(one == other for one, other in zip(reference, got, strict=False))
        found[setting.name] = inputs - same
    return found, inputs


def figures() -> list[Row]:
    """T9."""
    found, inputs = differing(INPUTS)
    worst = max(found.values())
    return [
        Row(
            figure="T9 decisions that something else than the input changed",
            target="0 of 10,000, byte-identical",
            measured=f"{worst} of {inputs:,}",
            peer="-",
            met=worst == 0,
            note="; ".join(f"{name}: {count}" for name, count in found.items()),
        )
    ]


def main() -> None:
    """Read cases, one JSON a line, and print one hash a line."""
    seed = int(sys.argv[1])
    protocol = shuffled(shipped(), seed) if seed else shipped()
    for line in fingerprints(protocol, (json.loads(line) for line in sys.stdin)):
        print(line)


if __name__ == "__main__":
    main()
