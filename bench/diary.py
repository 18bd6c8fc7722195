"""A synthetic stored history, as large as wanted: what clinics would have kept of many recoveries, for benchmarks.

It is drawn column by column from a seed, after the documented format, and is realistic only in what costs time: how
many check-ins a recovery has, how much is left unsaid, how rare trouble is. It says nothing about people.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from afterthread.engine.history import due_days
from afterthread.protocol.model import SIDES, Protocol

Array = npt.NDArray[Any]
RECOVERIES_AT_ONCE = 20_000
UNSAID = -1
TRENDS = ("better", "same", "worse")
USUAL = {"swelling": 0.6, "pain": 0.6, "bruise": 0.4, "redness": 0.3, "unevenness": 0.2, "warmth": 0.15, "dimple": 0.1}
SELDOM, INFECTED, RARE, OWN_WORDS, CLOSED = 0.04, 0.03, 0.0003, 0.03, 0.95
"""How often another expected sign is there, an infection sets in, a rare sign is ticked, words are left, and "none of
these" is pressed."""
INFLAMED = ("swelling", "redness", "warmth", "pain")


def write_diary(path: Path, check_ins: int, protocol: Protocol, seed: int = 1) -> None:
    """Write at least so many check-ins to a Parquet file, cut to exactly that number."""
    random = np.random.default_rng(seed)
    writer, written, patients = None, 0, 0
    while written < check_ins:
        table = draw(random, protocol, patients).slice(0, check_ins - written)
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
        written, patients = written + len(table), patients + RECOVERIES_AT_ONCE
    if writer:
        writer.close()


def draw(random: np.random.Generator, protocol: Protocol, first_patient: int) -> pa.Table:
    """The check-ins of some recoveries, by patient and day."""
    patient, day = _visits(random, protocol)
    columns: dict[str, Array | pa.Array] = {"patient": patient + first_patient, "day": day}
    columns |= _modifiers(random, protocol, patient)
    infected = np.where(random.random(RECOVERIES_AT_ONCE) < INFECTED, random.integers(2, 25, RECOVERIES_AT_ONCE), 9999)
    ill = day >= infected[patient]
    for id, question in protocol["question"].items():
        scale = protocol.variables[id]
        level = _rare(random, len(day), len(scale))
        if id in protocol["course"]:
            level = _fading(random, id, len(scale), patient, day) + ill * (id in INFLAMED) * random.integers(
                0, 3, len(day)
            )
        level = np.clip(level, 0, len(scale) - 1).astype(np.int64)
        said = _maybe(random, level, np.where(level > 0, 0.97, 0.4 if id in protocol["course"] else 0.05))
        columns[id] = _words(said, scale)
        here = level > 0
        if question.side:
            columns[f"{id}.side"] = _words(
                np.where(here & (random.random(len(day)) < 0.7), random.integers(0, 2, len(day)), UNSAID), SIDES
            )
        if question.trend:
            told = np.searchsorted([0.6, 0.9], random.random(len(day)))
            columns[f"{id}.trend"] = _words(np.where(here & (random.random(len(day)) < 0.5), told, UNSAID), TRENDS)
    closed = np.where(random.random(len(day)) < CLOSED, 0, UNSAID)
    columns["otherwise"] = _words(closed, ("no",))
    columns["words"] = _words(np.where(random.random(len(day)) < OWN_WORDS, 0, UNSAID), ("It feels strange today.",))
    return pa.table(columns)


def _visits(random: np.random.Generator, protocol: Protocol) -> tuple[Array, Array]:
    """Who checks in on which day: mostly when due, less and less, and sometimes of their own accord."""
    due = np.array(sorted(due_days(protocol)))
    comes = random.random((RECOVERIES_AT_ONCE, len(due))) < np.where(due < 31, 0.75, 0.25)
    patient, place = np.nonzero(comes)
    unasked = random.integers(0, RECOVERIES_AT_ONCE, RECOVERIES_AT_ONCE // 3)
    patient = np.concatenate([patient, unasked])
    day = np.concatenate([due[place], random.integers(0, 40, len(unasked))])
    order = np.lexsort((day, patient))
    return patient[order], day[order]


def _modifiers(random: np.random.Generator, protocol: Protocol, patient: Array) -> Mapping[str, pa.Array]:
    """Facts about the person and the procedure, the same in every check-in."""
    found = {}
    for number, id in enumerate(protocol["modifier"]):
        drawn = random.random(RECOVERIES_AT_ONCE)
        yes = 0.04 + 0.02 * (number % 9)
        found[id] = _words(np.where(drawn < yes, 1, np.where(drawn > 0.97, UNSAID, 0))[patient], ("no", "yes"))
    return found


def _rare(random: np.random.Generator, rows: int, levels: int) -> Array:
    return np.where(random.random(rows) < RARE, random.integers(1, levels, rows), 0)


def _fading(random: np.random.Generator, id: str, levels: int, patient: Array, day: Array) -> Array:
    """A sign that is there from the first day or never, and fades, with days better or worse than that."""
    present = random.random(RECOVERIES_AT_ONCE) < USUAL.get(id, SELDOM)
    begins = np.where(present, random.integers(1, levels, RECOVERIES_AT_ONCE), 0)
    fades = random.gamma(4.0, 2.0, RECOVERIES_AT_ONCE)
    level: Array = np.ceil(begins[patient] * np.clip(1.1 - day / fades[patient], 0, 1))
    wobble: Array = (level > 0) * random.choice([0, 1, -1], len(day), p=[0.97, 0.01, 0.02])
    return level + wobble


def _maybe(random: np.random.Generator, codes: Array, often: Array) -> Array:
    return np.where(random.random(len(codes)) < often, codes, UNSAID)


def _words(codes: Array, words: tuple[str, ...]) -> pa.Array:
    indices = pa.array(codes.astype(np.int8), mask=codes == UNSAID)
    return pa.DictionaryArray.from_arrays(indices, pa.array(words))
