"""Measures every figure in one run, prints the table, and writes it to the reference pages."""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import sys
import textwrap
import time
from collections.abc import Iterable, Iterator
from datetime import date
from importlib import metadata
from pathlib import Path

from afterthread.protocol import shipped
from bench import Row
from bench.recovery import SIGNS

MODULES = (
    "decision", "proof", "start", "cohort", "identity", "safety", "mutants", "replay", "zones",
    "kill", "fail_point", "disk", "worker_kill", "cut", "submit", "worklist", "recall", "weight", "map", "power",
)  # fmt: skip
PEERS = ("zen-engine", "z3-solver", "polars", "duckdb", "numba", "numpy", "pyarrow")
PAGE = Path(__file__).parents[1] / "docs" / "reference" / "benchmark.md"

HEAD = """\
# What is measured

Written by `make bench`; edit nothing here. Speeds are ratios measured side by side in one run, because machines are
shared and noisy. None of this is clinical validation: labels and simulated recoveries were made without a clinician.

{machine}

## Figures

{table}

## Notes

{notes}

## The simulated recoveries (T7)

Normal recoveries, drawn from published rates and courses where there are any. "False" means that a day of such a
recovery was called same-day or emergency. A patient-day is a day with a check-in. Each sign with its source (ids of
`sources.toml`); everything else (modifiers, one-sidedness, daily wobble, noise, silence) is an assumption and stands,
with its number, in `bench/recovery.py`.

{signs}

## Repeat it

    make bench                          # everything; some minutes on two cores
    .venv/bin/python -m bench.cohort    # the false alarms by rule, day and modifier
    .venv/bin/python -m bench.mutants   # the mutants that survive, each with a case that would notice it

Other Python versions are compared when they are on the path as `python3.12` and so on. Random draws have fixed seeds:
the figures of safety come out the same again, those of speed vary with the machine.
"""


def machine() -> Iterator[str]:
    """What the figures were measured on, without its name."""
    protocol = shipped().stamp
    yield f"processor: {_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"
    yield f"Python {platform.python_version()}, {', '.join(f'{name} {_version(name)}' for name in PEERS)}"
    yield f"protocol: {protocol.id} {protocol.version}, digest {protocol.digest[:12]}"


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "absent"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def measure(modules: Iterable[str]) -> Iterator[Row]:
    """Every row; what cannot be measured is a row that is not met, never a gap."""
    for name in modules:
        start = time.perf_counter()
        try:
            rows: list[Row] = importlib.import_module(f"bench.{name}").figures()
        except Exception as error:  # noqa: BLE001 - one broken figure must not hide the others
            why = f"{type(error).__name__}: {error}"
            rows = [Row(figure=name, target="-", measured="NOT MEASURED", peer="-", met=False, note=why)]
        print(f"({name}: {time.perf_counter() - start:.0f} s)", file=sys.stderr, flush=True)
        yield from rows


def line(row: Row) -> str:
    """One row for the terminal."""
    verdict = "met   " if row["met"] else "MISSED"
    return f"{verdict} {row['figure']}: {row['measured']} (target {row['target']}; {row['peer']})"


def table(rows: Iterable[Row]) -> str:
    """The rows as Markdown."""
    lines = ["| figure | target | measured | measured against | met |", "|---|---|---|---|---|"]
    for row in rows:
        cells = (row["figure"], row["target"], row["measured"], row["peer"], "yes" if row["met"] else "**no**")
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def page(rows: list[Row], day: date | None) -> str:
    """The reference page."""
    facts = [*([f"measured on {day.isoformat()}"] if day else []), *machine()]
    signs = (
        f"**{s.question}**, {s.often:.0%} of patients, half of them until day {s.gone:g}: {s.source}" for s in SIGNS
    )
    return HEAD.format(
        machine=_items(facts),
        table=table(rows),
        notes=_items(f"**{row['figure']}**: {row['note']}" for row in rows if row["note"]),
        signs=_items(signs),
    )


def _items(texts: Iterable[str]) -> str:
    return "\n".join(
        textwrap.fill(f"- {text}", width=120, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
        for text in texts
    )


def main() -> int:
    """Measure, print, and write the page; say by the exit code whether everything could be measured."""
    parser = argparse.ArgumentParser(prog="python -m bench.run", description=__doc__)
    parser.add_argument("modules", nargs="*", choices=(*MODULES, []), help="only these; then no page is written")
    parser.add_argument("--date", type=date.fromisoformat, help="the day of the run, to stand on the page")
    options = parser.parse_args()
    rows = []
    for row in measure(options.modules or MODULES):
        rows.append(row)
        print(line(row), flush=True)
    if not options.modules:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(page(rows, options.date), encoding="utf-8")
    return int(any(row["measured"] == "NOT MEASURED" for row in rows))


if __name__ == "__main__":
    sys.exit(main())
