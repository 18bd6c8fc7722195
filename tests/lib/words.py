"""Reads catalogues of translations, and the sources that they are collected from, without the tools that make them."""

import ast
import gettext
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

from django.utils.translation.template import templatize

Key = tuple[str, str]
"""A context, mostly none, and the sentence in English."""

LINE = re.compile(r'(?:(msgctxt|msgid_plural|msgid|msgstr)(?:\[(\d)\])? )?(".*")')
LITERAL = r"""(u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"))"""
MARKED = re.compile(rf"\b(n?p?gettext|_)\({LITERAL}(?:, {LITERAL})?")
CALLS = {"_": 0, "gettext": 0, "gettext_lazy": 0, "ngettext": 0, "ngettext_lazy": 0, "pgettext": 1, "pgettext_lazy": 1}
"""How sentences are marked in Python, and at which place the sentence stands."""
READ_OUT = {"alt", "aria-label", "data-label", "data-news", "data-title", "placeholder", "title"}


@dataclass
class Entry:
    """One sentence of a catalogue with its translations, one for each plural form."""

    parts: dict[str, str] = field(default_factory=dict)
    fuzzy: bool = False

    @property
    def key(self) -> Key:
        """What it is looked up by."""
        return self.parts.get("msgctxt", ""), self.parts["msgid"]

    @property
    def said(self) -> list[str]:
        """Its translations."""
        return [text for name, text in self.parts.items() if name.startswith("msgstr")]

    @property
    def is_plural(self) -> bool:
        """Whether it counts something."""
        return "msgid_plural" in self.parts


def read_catalogue(path: Path) -> list[Entry]:
    """Every entry of a .po file; the first is its head."""
    found = []
    for block in path.read_text(encoding="utf-8").strip().split("\n\n"):
        entry, name = Entry(fuzzy="fuzzy" in block.partition("msgid")[0]), ""
        for line in block.splitlines():
            if match := LINE.fullmatch(line):
                keyword, number, text = match.groups()
                name = f"{keyword}{number or ''}" if keyword else name
                entry.parts[name] = entry.parts.get(name, "") + ast.literal_eval(text)
        found.append(entry)
    return found


def compiled(entries: list[Entry]) -> dict[str | tuple[str, int], str]:
    """The entries as a compiled catalogue holds them."""
    table: dict[str | tuple[str, int], str] = {}
    for entry in entries:
        name = "\x04".join(filter(None, entry.key))
        for number, said in enumerate(entry.said):
            table[(name, number) if entry.is_plural else name] = said
    return table


def read_compiled(path: Path) -> dict[str | tuple[str, int], str]:
    """What a .mo file holds."""
    with path.open("rb") as file:
        return dict(gettext.GNUTranslations(file)._catalog)  # type: ignore[attr-defined]


def marked_in_template(text: str) -> Iterator[Key]:
    """The sentences that a template has translated."""
    for how, first, second in MARKED.findall(templatize(text)):
        one, other = ast.literal_eval(first), ast.literal_eval(second) if second else ""
        yield (one, other) if how == "pgettext" else ("", one)


def marked_in_source(text: str) -> Iterator[Key]:
    """The sentences that Python has translated."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
            said = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            place = CALLS[node.func.id]
            if len(said) > place:
                yield (said[0] if place else "", said[place])


class _Reader(HTMLParser):
    """Collects what a person would read or be read out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.key = False
        """Inside the name of a key, which is what stands on the keyboard."""

    def handle_data(self, data: str) -> None:
        """Text between tags."""
        if not self.key:
            self.found.append(data)

    def handle_endtag(self, tag: str) -> None:
        """The name of a key ends."""
        self.key = self.key and tag != "kbd"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """What stands in a tag and is shown all the same."""
        self.key = self.key or tag == "kbd"
        self.found.extend(value or "" for name, value in attrs if name in READ_OUT)


def unmarked(text: str) -> list[str]:
    """What a template says in letters of its own, which nobody could translate."""
    for start, end in (("comment", "comment"), ("blocktranslate", "blocktranslate"), ("block body_class", "block")):
        text = re.sub(rf"{{% {start}\b.*?{{% end{end} %}}", "", text, flags=re.DOTALL)
    reader = _Reader()
    reader.feed(re.sub(r"{%.*?%}|{{.*?}}", "", text, flags=re.DOTALL))
    lines = [line.strip(" ·") for said in reader.found for line in said.splitlines()]
    return [line for line in lines if re.search(r"[^\W\d_]", line)]
