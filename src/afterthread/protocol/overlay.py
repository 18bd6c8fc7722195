"""A clinic's own windows, wording and phone numbers, laid over a protocol before it is built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from afterthread.protocol.parse import Problem, shown, suggest

MAY_CHANGE: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "course": ("course", ("until", "past")),
    "rule": ("rules", ("urgency",)),
    "step": ("steps", ("start", "end", "days")),
}
"""Section -> the file it stands in, and the keys a clinic may set. `verify` decides whether it may set them so."""
HEAD = ("id", "author", "approval", "phones", "words", *MAY_CHANGE)


def lay_over(
    tables: dict[str, dict[str, Any]], overlay: Mapping[str, Any], file: str, problems: list[Problem], speak: str = ""
) -> None:
    """Change `tables`, which are sound, in place; what an overlay may not touch becomes a problem.

    With `speak`, only the sentences of that language are there to be reworded.
    """
    over = Overlay(tables, file, problems)
    for key in overlay.keys() - set(HEAD):
        over.problem("", key, "an overlay cannot change this", suggest(key, HEAD))
    name, author = overlay.get("id"), overlay.get("author")
    if not isinstance(name, str) or not name.isidentifier() or not isinstance(author, str):
        over.problem("", "id", "an overlay needs an id and an author", 'Add id = "my_clinic", author = "…"')
        return
    protocol = tables["protocol"]
    protocol["version"] = f"{protocol['version']}+{name}"
    protocol["approval"] = overlay.get("approval", "none")
    protocol["phones"] = {**protocol["phones"], **over.table("phones", overlay.get("phones", {}))}
    tables["sources"].setdefault("source", {})[name] = {
        "title": f"The clinic's own protocol: {author}", "grade": "J", "sources": ["judgement"],
    }  # fmt: skip
    for section in MAY_CHANGE:
        for id, changes in over.table(section, overlay.get(section, {})).items():
            over.change(section, id, changes, name)
    for language, sections in over.table("words", overlay.get("words", {})).items():
        if speak in ("", language):
            over.reword(language, sections)


@dataclass(slots=True)
class Overlay:
    """Changes the tables of a sound protocol, and collects what it may not change."""

    tables: dict[str, dict[str, Any]]
    file: str
    problems: list[Problem]

    def problem(self, where: str, key: str, wrong: str, mend: str) -> None:
        """Collect one."""
        self.problems.append(Problem(self.file, where, key, wrong, mend))

    def table(self, where: str, value: object) -> dict[str, Any]:
        """A table, or an empty one and a problem."""
        if isinstance(value, dict):
            return value
        self.problem(where, "", f"{shown(value)} is not a table", f"Write [{where}]")
        return {}

    def change(self, section: str, id: str, changes: object, source: str) -> None:
        """Set what may be set of one entry, which then cites the clinic too."""
        stem, keys = MAY_CHANGE[section]
        known, where = self.tables[stem].get(section, {}), f"{section}.{id}"
        if id not in known:
            self.problem(where, "", "it can only change what exists", suggest(id, known))
            return
        target = known[id]
        for key, value in self.table(where, changes).items():
            if key not in keys:
                self.problem(where, key, "an overlay cannot change this", suggest(key, keys))
            elif isinstance(value, dict) and isinstance(target.get(key), dict):
                target[key] = {**target[key], **value}
            else:
                target[key] = value
        target["sources"] = [*target.get("sources", []), source]

    def reword(self, language: str, sections: object) -> None:
        """Replace sentences that exist."""
        known = {
            (section, id): group[id]
            for name, table in self.tables.items() if name.startswith(f"words/{language}/")
            for section, group in table.items() for id in group
        }  # fmt: skip
        for section, group in self.table(f"words.{language}", sections).items():
            for id, sentences in self.table(f"words.{language}.{section}", group).items():
                where = f"words.{language}.{section}.{id}"
                if (section, id) in known:
                    known[section, id].update(self.table(where, sentences))
                else:
                    self.problem(where, "", "no such sentence", f"It can only reword; got {shown(id)}")
