"""A stored history of check-ins, Parquet or NDJSON, read into coded columns, with every bad row and column named.

The format is described in ``docs/reference/history-format.md``. Nothing is converted, guessed or left out.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from afterthread.engine.case import LARGEST_TEXT, MAX_WORDS, TRENDS, CaseError, CaseProblem, parse_json
from afterthread.protocol.model import CONTEXT, UNKNOWN
from afterthread.protocol.parse import shown, suggest
from afterthread.verify.artefact import RISK, Artefact
from afterthread.verify.replay_history import ABSENT, Flags, History, Numbers, Report

BATCH_ROWS, BATCH_LINES = 1 << 16, 1 << 13
LATEST_SINCE = 100_000
BAD = 255
"""Stands for a word that its column does not know; no domain is that long."""
PARQUET = b"PAR1"
"""How a Parquet file begins; anything else is read as NDJSON."""
LABELS = ("patient", "procedure")
REQUIRED = ("patient", "day")
Batches = Iterator[tuple[pa.RecordBatch, float]]
"""Rows, and the part of the file that has been read with them."""


class Vocabulary:
    """What the columns of a history may hold; the code of a word is its place in the domain plus 1, silence is 0."""

    def __init__(self, artefact: Artefact) -> None:
        self.words = {"otherwise": _coded((UNKNOWN, "no"))}
        self.numbers = {"day": artefact.horizon_days}
        for name, domain in artefact.domains.items():
            question, _, about = name.partition(".")
            if about == "course":
                self.words[f"{question}.trend"] = _coded(domain, (UNKNOWN, *TRENDS))
                self.numbers[f"{question}.since"] = LATEST_SINCE
            elif name not in CONTEXT and name != RISK:
                self.words[name] = _coded(domain)
        self.words["first_24h"] = _coded(artefact.domains["first_24h"], ("yes", "no"))
        self.columns = frozenset({*self.words, *self.numbers, *LABELS, "words"})


def _coded(domain: tuple[str, ...], allowed: tuple[str, ...] = ()) -> dict[str | None, int]:
    return {None: 0, **{word: domain.index(word) + 1 for word in allowed or domain}}


def read_history(
    path: Path, artefact: Artefact, *, pass_over: Collection[str] = (), report: Report | None = None
) -> History:
    """All check-ins of a file as `artefact` sees them; raises `CaseError` that names bad rows and columns.

    Columns in `pass_over` are left alone where `artefact` does not know them, because another version does.
    """
    reader = _Reader(Vocabulary(artefact), frozenset(pass_over))
    try:
        with path.open("rb") as file:
            batches = _parquet if file.read(len(PARQUET)) == PARQUET else _ndjson
            file.seek(0)
            for batch, done in batches(file, reader):
                reader.take(batch)
                if report is not None:
                    report(done)
    except (OSError, pa.ArrowException, UnicodeError) as error:
        raise CaseError(
            [CaseProblem(path.name, f"it cannot be read: {shown(str(error))}", "Check or replace it")]
        ) from None
    if not reader.size:
        raise CaseError([CaseProblem(path.name, "it holds no check-ins", "Write one check-in to a row")])
    return reader.history(artefact)


def _parquet(file: BinaryIO, reader: _Reader) -> Batches:
    schema = pq.read_schema(file)
    reader.expect("the header", schema.names)
    parquet = pq.ParquetFile(file, read_dictionary=[one.name for one in schema if _is_text(one.type)])
    for batch in parquet.iter_batches(BATCH_ROWS, use_threads=False):
        batch.validate(full=True)
        yield batch, (reader.size + batch.num_rows) / parquet.metadata.num_rows


def _ndjson(file: BinaryIO, reader: _Reader) -> Batches:
    """Through Python's JSON: Arrow's was seen to end the process on a line that is no object."""
    size = os.fstat(file.fileno()).st_size
    lines = (line for line in iter(partial(file.readline, LARGEST_TEXT + 1), b"") if line.strip())
    while chunk := [*itertools.islice(lines, BATCH_LINES)]:
        rows = [_row(number, line) for number, line in enumerate(chunk, reader.size + 1)]
        for number, row in enumerate(rows, reader.size + 1):
            reader.expect(f"row {number}", row)
        names = dict.fromkeys(itertools.chain.from_iterable(rows))
        values: dict[str, list[Any]] = {name: [None] * len(rows) for name in names}
        for place, row in enumerate(rows):
            for name, value in row.items():
                values[name][place] = value
        columns = [reader.typed(name, column) for name, column in values.items()]
        yield pa.RecordBatch.from_arrays(columns, names=[*values]), file.tell() / size


def _row(number: int, line: bytes) -> dict[str, Any]:
    try:
        row = parse_json(line)
    except CaseError as error:
        raise CaseError([CaseProblem(f"row {number}", one.wrong, one.mend) for one in error.problems]) from None
    if isinstance(row, dict) and row:
        return row
    raise CaseError([CaseProblem(f"row {number}", f"{shown(row)} is not a check-in", "Write one { … } to a line")])


class _Reader:
    """Turns batches of rows into coded columns, and collects what is wrong with them."""

    def __init__(self, vocabulary: Vocabulary, pass_over: frozenset[str]) -> None:
        self.vocabulary, self.pass_over = vocabulary, pass_over - vocabulary.columns
        self.known = vocabulary.columns | pass_over
        self.size = 0
        self.parts: dict[str, list[tuple[int, npt.NDArray[Any]]]] = {}
        self.names: dict[str, dict[Any, int]] = {"patient": {}, "procedure": {None: 0}}
        self.problems: list[CaseProblem] = []

    def expect(self, where: str, names: Collection[str]) -> None:
        """Refuse columns that nobody knows and columns that stand twice."""
        for name in sorted(set(names) - self.known):
            self.problems.append(CaseProblem(f"{where}: {shown(name)}", "no such column", suggest(name, self.known)))
        if len({*names}) < len(names):
            self.problems.append(CaseProblem(where, "a column stands twice", "Keep one of the two"))
        self._stop()

    def typed(self, name: str, values: list[Any]) -> pa.Array:
        """Values out of JSON as one column, never converted."""
        kinds = {*map(type, values)} - {type(None)}
        kind = int if name in self.vocabulary.numbers or (name in LABELS and kinds == {int}) else str
        if kinds <= {kind}:
            with suppress(OverflowError, UnicodeError):
                return pa.array(values, pa.int64() if kind is int else pa.string())
        what = "a whole number" if kind is int else "text that can be stored"
        self._refuse(name, np.array([not _sound(value, kind) for value in values]), values, f"is not {what}")
        raise CaseError(self.problems)

    def take(self, batch: pa.RecordBatch) -> None:
        """Code one batch; raises with the first bad row of every column."""
        for name in REQUIRED:
            if name not in batch.schema.names:
                self.problems.append(CaseProblem(f"row {self.size + 1}: {name}", "it is missing", "Every row needs it"))
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            if name not in self.pass_over and (name in REQUIRED or not pa.types.is_null(column.type)):
                self.parts.setdefault(name, []).append((self.size, self._code(name, column)))
        self._stop()
        self.size += batch.num_rows

    def _code(self, name: str, column: pa.Array) -> npt.NDArray[Any]:
        if name in REQUIRED:
            self._refuse(name, column.is_null().to_numpy(zero_copy_only=False), column, "says nothing")
        if name in self.vocabulary.numbers:
            return self._number(name, column, self.vocabulary.numbers[name])
        if name in LABELS:
            return self._look_up(name, column, lambda label: self.names[name].setdefault(label, len(self.names[name])))
        if name == "words":
            return self._look_up(name, column, _own_words)
        return self._look_up(name, column, lambda word: self.vocabulary.words[name].get(word, BAD))

    def _look_up(self, name: str, column: pa.Array, code: Callable[[Any], int]) -> npt.NDArray[Any]:
        """The code of every row, asked once for each distinct value."""
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        if not _is_text(kind) and not (name in LABELS and pa.types.is_integer(kind)):
            self._refuse(name, column.is_valid().to_numpy(zero_copy_only=False), column, f"is {kind}, not text")
            return np.zeros(len(column), np.uint8)
        if not pa.types.is_dictionary(column.type):
            column = column.dictionary_encode()
        codes = np.array(
            [*map(code, column.dictionary.to_pylist()), code(None) if column.null_count else 0],
            np.int64 if name in LABELS else np.uint8,
        )
        places = pc.fill_null(column.indices.cast(pa.int64()), len(codes) - 1)
        coded: npt.NDArray[Any] = codes[places.to_numpy(zero_copy_only=False)]
        if name not in LABELS:
            self._refuse(name, coded == BAD, column, "is no answer here", self.vocabulary.words.get(name, {}))
        return coded

    def _number(self, name: str, column: pa.Array, largest: int) -> Numbers:
        given = column.is_valid().to_numpy(zero_copy_only=False)
        wrong = f"is not a whole number from 0 to {largest}"
        if not pa.types.is_integer(column.type):
            self._refuse(name, given, column, wrong)
            return np.zeros(len(column), np.int64)
        numbers = pc.fill_null(column, 0).to_numpy(zero_copy_only=False)
        self._refuse(name, given & ((numbers < 0) | (numbers > largest)), column, wrong)
        return np.where(given, numbers, ABSENT).astype(np.int64)

    def _refuse(self, name: str, bad: Flags, values: Any, wrong: str, allowed: Iterable[str | None] = ()) -> None:
        """Collect the first bad row of a column."""
        if bad.any():
            at = int(bad.argmax())
            value = values[at].as_py() if isinstance(values, pa.Array) else values[at]
            mend = suggest(str(value), filter(None, allowed)) if allowed else "Mend this row and those like it"
            where = f"row {self.size + at + 1}: {name}"
            self.problems.append(CaseProblem(where, f"{shown(value)} {wrong}", mend))

    def _stop(self) -> None:
        if self.problems:
            raise CaseError(self.problems)

    def history(self, artefact: Artefact) -> History:
        """All batches as one history, by patient, procedure and day."""
        columns = {name: self._whole(name) for name in self.parts}
        procedures = columns.setdefault("procedure", np.zeros(self.size, np.int64))
        recovery = columns["patient"] * len(self.names["procedure"]) + procedures
        moment = recovery * (artefact.horizon_days + 1) + columns["day"]
        row = np.arange(1, self.size + 1)
        if (moment[1:] < moment[:-1]).any():
            order = np.argsort(moment, kind="stable")
            row, recovery = row[order], recovery[order]
            columns = {name: column[order] for name, column in columns.items()}
        return History(
            artefact=artefact,
            said={name: codes for name, codes in columns.items() if codes.dtype == np.uint8},
            numbers={name: numbers for name, numbers in columns.items() if numbers.dtype == np.int64},
            labels={name: (*labels,) for name, labels in self.names.items()},
            row=row,
            recovery=recovery,
        )

    def _whole(self, name: str) -> npt.NDArray[Any]:
        """A column over all batches; where a batch did not have it, nothing was said."""
        kind = np.dtype(np.int64 if name in self.vocabulary.numbers or name in LABELS else np.uint8)
        whole = np.full(self.size, ABSENT if name in self.vocabulary.numbers else 0, kind)
        for first, part in self.parts[name]:
            whole[first : first + len(part)] = part
        return whole


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _sound(value: object, kind: type) -> bool:
    """Whether a value out of JSON is of one kind, and can be stored."""
    if isinstance(value, str):
        return kind is str and not any("\ud800" <= letter <= "\udfff" for letter in value)
    if isinstance(value, int) and not isinstance(value, bool):
        return kind is int and -(1 << 63) <= value < 1 << 63
    return value is None


def _own_words(words: str | None) -> int:
    return BAD if words is not None and len(words) > MAX_WORDS else bool(words and words.strip())
