"""Tables as TOML, always the same text for the same tables; `tomllib` reads back what was written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

BARE = re.compile(r"[A-Za-z0-9_-]+")


def write(table: Mapping[str, Any]) -> str:
    """Nested tables of text, whole numbers, truth values and lists of these; keys stand in alphabetical order."""
    return "".join(_lines(table, ()))


def _lines(table: Mapping[str, Any], above: tuple[str, ...]) -> Iterator[str]:
    values = sorted((key, value) for key, value in table.items() if not isinstance(value, Mapping))
    if above and (values or not table):
        yield f"[{'.'.join(map(_key, above))}]\n"
    for key, value in values:
        yield f"{_key(key)} = {_value(value)}\n"
    for key in sorted(table.keys() - dict(values).keys()):
        yield from _lines(table[key], (*above, key))


def _key(key: str) -> str:
    return key if BARE.fullmatch(key) else _text(key)


def _value(value: object) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool):  # before whole numbers, of which Python thinks it is one
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    raise TypeError(f"TOML has no way to write a {type(value).__name__} here")


def _text(text: str) -> str:
    """As JSON writes it, which TOML reads; but for one more letter that TOML wants to be escaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
