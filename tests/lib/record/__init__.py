"""The parts of the clinical record, for tests that walk all of them."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from uuid import UUID

from afterthread.clinic.models import Procedure
from afterthread.clinic.roles import Viewer
from tests.lib.matrix import Part, Row

PARTS: list[Part] = [import_module(f"{__name__}.{one.name}").PART for one in iter_modules(__path__)]
DESK: dict[str, Row] = {name: row for part in PARTS for name, row in part.desk.items()}
DIARY: dict[str, Row] = {name: row for part in PARTS for name, row in part.diary.items()}


def one_of_each(doctor: Viewer, procedure: Procedure, words: str = "A word.") -> dict[str, UUID]:
    """Something in every table of the record, with these words in every text; the ids by what they name."""
    return {name: id for part in PARTS for name, id in part.make(doctor, procedure, words).items()}
