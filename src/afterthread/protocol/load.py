"""A folder of TOML -> one Protocol, or all its errors at once."""

from __future__ import annotations

import contextlib
import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from afterthread.protocol.cache import keep, recall
from afterthread.protocol.check import check
from afterthread.protocol.entry import ENTRIES
from afterthread.protocol.model import Protocol, Urgency, variables
from afterthread.protocol.overlay import lay_over
from afterthread.protocol.parse import Bad, Problem, Reader, read_urgency, shown, suggest

LIBRARY = Path(__file__).parent / "library"
SHIPPED = "thread_lift"
PHONES = ("emergency", "clinic")
"""Whom the sentences say to call; a clinic's own number may be empty."""
LARGEST_FILE = 5_000_000
FILES: Mapping[str, tuple[str, ...]] = {
    "sources": ("source", "claim"),
    "choices": ("choice",),
    "questions": ("scale", "group", "modifier", "question"),
    "screening": ("indication", "condition", "timing", "step"),
    "technique": ("layer", "zone", "kind", "material", "muscle", "danger", "advice"),
    "course": ("course",),
    "rules": ("hazard", "action", "rule"),
    "steps": ("step",),
    "pathways": ("pathway", "removal"),
    "outcome": ("effect", "promise"),
}
IDENTITY: Mapping[str, type] = {
    "id": str, "version": str, "author": str, "approval": str, "horizon_days": int, "unanswered": str,
    "languages": list, "phones": dict,
}  # fmt: skip
LISTED: Mapping[str, type] = {"signs": list, "causes": list, "record": list, "prevention": list, "steps": dict}
"""Words that are several sentences; every other one is text."""
Tables = dict[str, dict[str, Any]]
"""Raw TOML by file stem; words under ``words/en/steps``."""


class ProtocolError(Exception):
    """Everything that is wrong in a protocol folder."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))


@cache
def shipped(speak: str = "") -> Protocol:
    """The protocol that comes with this package, with all its words or those of one language."""
    return load(LIBRARY / SHIPPED, speak=speak)


def load(folder: Path, overlay: Path | None = None, speak: str = "") -> Protocol:
    """Read, lay over, build and check; raises `ProtocolError` with every problem found.

    `overlay` is one TOML file of a clinic's own windows, wording and phone numbers. With `speak`, only the words of
    that language are read, which is faster; whether the others are whole is then not known.
    """
    spoken = {path.name for path in folder.glob("words/*")}
    if speak and spoken and speak not in spoken:
        raise ProtocolError([_unspoken(speak)])
    problems: list[Problem] = []
    fingerprint = digest(folder, overlay)
    tables = _tables(folder, speak, problems)
    parts = _parts(tables, problems)
    if overlay is not None and not problems:  # only on what is sound can anything be laid
        laid = read_file(overlay, overlay.name, problems)
        if not problems:
            lay_over(tables, laid, overlay.name, problems, speak)
        parts = _parts(tables, problems)
    entries, homes, words, identity = parts
    if speak and speak not in identity["languages"]:
        problems.append(_unspoken(speak))
    if not all(problem.id for problem in problems):  # a whole file is amiss, so much else would seem to be missing
        raise ProtocolError(problems)
    identity["languages"] = (speak,) if speak else identity["languages"]
    protocol = Protocol(digest=fingerprint, entries=entries, words=words, **identity)
    problems += check(protocol, homes)
    if problems:
        raise ProtocolError(problems)
    return protocol


def _unspoken(speak: str) -> Problem:
    return Problem("protocol.toml", "", "languages", f"it does not speak {shown(speak)}", "Add its words")


def _tables(folder: Path, speak: str, problems: list[Problem]) -> Tables:
    """The tables of a folder; those of the shipped library are kept once they were read."""
    if folder != LIBRARY / SHIPPED:
        return read_folder(folder, problems, speak)
    name, fingerprint = f"{SHIPPED}.{speak or 'all'}", digest(folder)
    tables = recall(name, fingerprint)
    if not tables:
        tables = read_folder(folder, problems, speak)
        if not problems:
            keep(name, fingerprint, tables)
    return tables


def read_folder(folder: Path, problems: list[Problem], speak: str = "") -> Tables:
    """Every TOML file of the format, with the words of all languages or of one; a missing file is a problem."""
    tables = {}
    for stem in ("protocol", *FILES):
        tables[stem] = read_file(folder / f"{stem}.toml", f"{stem}.toml", problems)
    for path in sorted(folder.glob("words/*/*.toml")):
        name = path.relative_to(folder).as_posix()
        if speak in ("", path.parent.name):
            tables[name.removesuffix(".toml")] = read_file(path, name, problems)
    return tables


def read_file(path: Path, name: str, problems: list[Problem]) -> dict[str, Any]:
    """One TOML file as a table; {} and a problem when it cannot be read."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            problems.append(
                Problem(name, "", "", "the file is larger than 5 MB", "Split it or remove what is not TOML")
            )
            return {}
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        problems.append(Problem(name, "", "", "the file is missing", "Create it, even if empty"))
    except OSError as error:
        problems.append(Problem(name, "", "", f"it cannot be read: {error.strerror}", "Check the path and its rights"))
    except UnicodeDecodeError as error:
        problems.append(Problem(name, "", "", f"byte {error.start} is not UTF-8", "Save the file as UTF-8"))
    except ValueError as error:  # not TOML, or a number of thousands of digits
        problems.append(Problem(name, "", "", f"it is not TOML: {error}", "Mend the place named"))
    except RecursionError:
        problems.append(Problem(name, "", "", "it is nested too deeply", "Use at most a few levels of brackets"))
    return {}


Parts = tuple[dict[str, dict[str, Any]], dict[str, str], dict[str, dict[str, Any]], dict[str, Any]]


def _parts(tables: Tables, problems: list[Problem]) -> Parts:
    """Entries, the file each stands in, words, and the head of ``protocol.toml``."""
    return *_build(tables, problems), _words(tables, problems), _identity(tables["protocol"], problems)


def _build(tables: Tables, problems: list[Problem]) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """All entries by section and id, and the file each stands in, those that cannot be read included."""
    kinds = {kind.section: kind for kind in ENTRIES}
    entries: dict[str, dict[str, Any]] = {section: {} for section in kinds}
    homes: dict[str, str] = {}
    for stem, sections in FILES.items():
        file = f"{stem}.toml"
        for section, group in tables[stem].items():
            if section not in sections or not isinstance(group, dict):
                problems.append(
                    Problem(file, "", section, "this section does not belong here", suggest(section, sections))
                )
                continue
            reader = Reader(variables(entries))
            for id, table in group.items():
                entry, bads = reader.entry(kinds[section], id, table)
                problems += [Problem(file, f"{section}.{id}", bad.key, bad.wrong, bad.mend) for bad in bads]
                if f"{section}.{id}" in homes:
                    problems.append(Problem(file, f"{section}.{id}", "", "this id stands twice", "Rename one of them"))
                homes[f"{section}.{id}"] = file
                if entry is not None:
                    entries[section][id] = entry
    return entries, homes


def _words(tables: Tables, problems: list[Problem]) -> dict[str, dict[str, Any]]:
    """Sentences by language, then ``section.id``."""
    words: dict[str, dict[str, Any]] = {}
    for name, table in tables.items():
        if not name.startswith("words/"):
            continue
        language = words.setdefault(name.split("/")[1], {})
        for section, group in table.items():
            for id, sentences in group.items() if isinstance(group, dict) else [("", group)]:
                if not isinstance(sentences, dict):
                    where, wrong = f"{section}.{id}".rstrip("."), "sentences stand below their entry"
                    problems.append(Problem(f"{name}.toml", where, "", wrong, "Write [section.id] above them"))
                    continue
                for key, said in sentences.items():
                    kind = LISTED.get(key, str)
                    if not isinstance(said, kind):
                        wrong, mend = f"{shown(said)} is not what is said here", f"Give it as {kind.__name__}"
                        problems.append(Problem(f"{name}.toml", f"{section}.{id}", key, wrong, mend))
                language.setdefault(f"{section}.{id}", {}).update(sentences)
    return words


def _identity(table: Mapping[str, Any], problems: list[Problem]) -> dict[str, Any]:
    """The head of ``protocol.toml``."""

    def problem(key: str, wrong: str, mend: str) -> None:
        problems.append(Problem("protocol.toml", "", key, wrong, mend))

    for key in table.keys() - IDENTITY.keys():
        problem(key, "unknown key", suggest(key, IDENTITY))
    for key, kind in IDENTITY.items():
        if not isinstance(table.get(key), kind) or isinstance(table.get(key), bool):
            problem(key, f"{shown(table.get(key))} is not what belongs here", f"Give it as {kind.__name__}")
    unanswered = Urgency.ROUTINE
    try:
        unanswered = read_urgency(table.get("unanswered"))
    except Bad as bad:
        problem("unanswered", bad.wrong, bad.mend)
    if unanswered > Urgency.ROUTINE:
        problem("unanswered", "a question left open is a contact, not a sign", 'Write "routine"')
    languages, phones, horizon = table.get("languages"), table.get("phones"), table.get("horizon_days")
    if isinstance(horizon, int) and horizon < 1:
        problem("horizon_days", "there would be no day to ask about", "Give the last day on which anybody may ask")
    if isinstance(languages, list) and not (languages and all(isinstance(one, str) for one in languages)):
        problem("languages", f"{shown(languages)} names no language", 'Write ["en"]')
    for name in PHONES if isinstance(phones, dict) else ():
        number = phones.get(name) if isinstance(phones, dict) else None
        if not isinstance(number, str) or (name == "emergency" and not number):
            problem(f"phones.{name}", f"{shown(number)} is not a number to call", "Put it in quotes")
    return {**table, "unanswered": unanswered, "languages": tuple(languages if isinstance(languages, list) else ())}


def digest(folder: Path, overlay: Path | None = None) -> str:
    """A fingerprint of every file of the format, all languages included, and of what is laid over."""
    fingerprint = hashlib.sha256()
    files = [*sorted(folder.glob("*.toml")), *sorted(folder.glob("words/*/*.toml"))]
    for path in [*files, *([overlay] if overlay else [])]:
        name = path.name if path == overlay else path.relative_to(folder).as_posix()
        content = b""
        with contextlib.suppress(OSError):  # whoever reads it next says what is wrong
            content = path.read_bytes().replace(b"\r\n", b"\n")
        fingerprint.update(f"{name}\0{len(content)}\0".encode() + content)
    return fingerprint.hexdigest()
