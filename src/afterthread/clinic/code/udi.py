"""Reads what stands on a box of threads: the GS1 text that a scanner types, or that somebody copies from the label."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from biip import ParseError
from biip.gs1_element_strings import GS1ElementString
from biip.gs1_messages import GS1Message
from biip.gtin import Gtin

LONGEST = 160
SEPARATOR = "\x1d"
SHOWN_SEPARATORS = ("␝", "<GS>", "{GS}", "|", "~", "^")
"""What scanners that cannot type the separator put in its place; none of it can stand in a GS1 value by itself."""
SYMBOLOGIES = ("]d2", "]C1", "]Q3", "]e0", "]J1")
"""How a scanner may announce a GS1 code: DataMatrix, 128, QR, DataBar, DotCode."""
BRACKETED = re.compile(r"\((\d{2,4})\)", re.ASCII)
VALUE = re.compile(r"[A-Za-z0-9!\"%&'()*+,\-./:;<=>?_]+")
NUMBER = re.compile(r"[0-9]{8}|[0-9]{12,14}")


@dataclass(frozen=True, slots=True)
class Udi:
    """What was read; a blank is not known. `problem` names the first thing that is wrong or missing, if any is."""

    gtin: str = ""
    """14 digits."""
    lot: str = ""
    expires: date | None = None
    """The last day on which it may be used: a day 00 is the end of its month."""
    serial: str = ""
    text: str = ""
    """As people read it, with brackets; as it was given where it cannot be read."""
    problem: str = ""


def read_udi(text: str) -> Udi:
    """Read one label; whatever the text, there is an answer, and a `problem` if it is not whole.

    The problems are `empty`, `hibc`, `iccbba`, `unreadable`, `date`, `separator`, `check_digit`, `no_product`,
    `no_lot` and `no_expiry`; with the last four what could be read is filled in.
    """
    given = _plain(text)
    if not given:
        return Udi(problem="empty")
    if given[0] in "+=":  # where a value begins, these announce another issuer
        return Udi(text=_shown(given), problem="hibc" if given[0] == "+" else "iccbba")
    if NUMBER.fullmatch(given):
        return _number(given)
    try:
        found = GS1Message.parse(_joined(given))
    except (ParseError, ValueError) as error:
        return Udi(text=_shown(given), problem="date" if "date/time" in str(error) else "unreadable")
    return _told(found) if found.element_strings else Udi(text=_shown(given), problem="unreadable")


def _plain(text: str) -> str:
    """Without blanks and the announcement, with real separators."""
    given = text[: 4 * LONGEST]
    for shown in SHOWN_SEPARATORS:
        given = given.replace(shown, SEPARATOR)
    given = "".join(letter for letter in given if letter == SEPARATOR or not letter.isspace()).strip(SEPARATOR)
    for announced in SYMBOLOGIES:
        given = given.removeprefix(announced)
    return given.strip(SEPARATOR)


def _shown(given: str) -> str:
    return "".join(letter for letter in given if letter.isprintable())[:LONGEST]


def _joined(given: str) -> str:
    """As a scanner sends it; a text with brackets is taken apart at them."""
    if any(part and not VALUE.fullmatch(part) for part in given.split(SEPARATOR)):
        raise ValueError("a letter that no GS1 value has")
    if not BRACKETED.match(given):
        return given
    parts = BRACKETED.split(given)[1:]
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return SEPARATOR.join(number + value.strip(SEPARATOR) for number, value in pairs)


def _number(given: str) -> Udi:
    """A bare article number, as it stands under the bars of an ordinary box."""
    try:
        return Udi(gtin=Gtin.parse(given).as_gtin_14(), text=given, problem="no_lot")
    except ParseError:
        return Udi(text=given, problem="check_digit")


def _told(found: GS1Message) -> Udi:
    elements = {one.ai.ai: one for one in reversed(found.element_strings)}
    product, expires = elements.get("01"), elements.get("17")
    known = {"gtin": product.value} if product and not product.gtin_error else {}
    if not _runs_on(found):
        known |= {name: elements[ai].value for name, ai in (("lot", "10"), ("serial", "21")) if ai in elements}
    last_day = expires.date if expires else None
    return Udi(**known, expires=last_day, text=found.as_hri()[:LONGEST], problem=_problem(found, elements))


def _problem(found: GS1Message, elements: dict[str, GS1ElementString]) -> str:
    if _runs_on(found):
        return "separator"
    if "01" in elements and elements["01"].gtin_error:
        return "check_digit"
    missing = [name for number, name in (("01", "no_product"), ("10", "no_lot"), ("17", "no_expiry"))
               if number not in elements]  # fmt: skip
    return missing[0] if missing else ""


def _runs_on(found: GS1Message) -> bool:
    """Whether a value without a fixed length is followed by something without a separator: then its end is a guess."""
    rest = found.value
    for one in found.element_strings:
        rest = rest[len(one) :]
        if one.ai.separator_required and rest and not rest.startswith(SEPARATOR):
            return True
        rest = rest.lstrip(SEPARATOR)
    return False
