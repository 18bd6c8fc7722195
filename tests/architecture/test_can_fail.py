"""Every rule of the house can fail: each catches a house that breaks it, and passes one that does not."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lib import house

OPENING = '"""Says what it is for."""\n'

Rule = Callable[[Path], object]


def words(root: Path) -> list[str]:
    """The glossary's rule, with a glossary of two words."""
    return house.words_without_meaning(root, "- **plan**: what is due.\n- **check-in**: what is said.\n")


def function_of(lines: int) -> str:
    """A function of so many lines."""
    return OPENING + "def act():\n" + "    pass\n" * (lines - 1)


BREACHES: list[tuple[Rule, str, str]] = [
    (house.long_modules, "engine/plan.py", OPENING * (house.MAX_MODULE_LINES + 1)),
    (house.long_functions, "engine/plan.py", function_of(house.MAX_FUNCTION_LINES + 1)),
    (house.unopened_modules, "engine/plan.py", "x = 1\n"),
    (house.unopened_modules, "engine/plan.py", '"""no full stop"""\n'),
    (house.unopened_modules, "engine/plan.py", '"""One sentence. Two sentences."""\n'),
    (house.forbidden_names, "engine/utils.py", OPENING),
    (house.forbidden_names, "engine/plan_helpers.py", OPENING),
    (house.forbidden_names, "core/plan.py", OPENING),
    (house.undocumented, "engine/plan.py", "def act():\n    pass\n"),
    (house.undocumented, "engine/plan.py", "class Plan:\n    pass\n"),
    (house.foreign_imports, "engine/plan.py", "import numpy\n"),
    (house.foreign_imports, "engine/plan.py", "def act():\n    from django.db import models\n"),
    (house.foreign_imports, "protocol/replay.py", "import numpy\n"),
    (house.foreign_imports, "verify/compare.py", "import pyarrow.parquet\n"),
    (house.foreign_imports, "verify/replay.py", "import polars\n"),
    (house.foreign_imports, "cli.py", "import click\n"),
    (house.string_foreign_keys, "clinic/outcome.py", 'x = models.ForeignKey("Procedure", on_delete=1)\n'),
    (house.string_foreign_keys, "clinic/outcome.py", 'x = OneToOneField(to="clinic.Procedure")\n'),
    (words, "engine/triage.py", OPENING),
]

FINE: list[tuple[Rule, str, str]] = [
    (house.long_modules, "engine/plan.py", OPENING * house.MAX_MODULE_LINES),
    (house.long_modules, "clinic/migrations/0001.py", OPENING * 1000),
    (house.long_functions, "engine/plan.py", function_of(house.MAX_FUNCTION_LINES)),
    (house.unopened_modules, "engine/plan.py", '"""One sentence, e.g. this one.\n\nMore. Even more.\n"""\n'),
    (house.forbidden_names, "engine/scored.py", OPENING),
    (house.undocumented, "engine/plan.py", "def _act():\n    pass\n"),
    (house.foreign_imports, "engine/plan.py", "import datetime\nfrom afterthread.protocol import model\n"),
    (house.foreign_imports, "verify/replay_table.py", "import numpy\n"),
    (house.foreign_imports, "photo/gate.py", "import numpy\n"),
    (house.string_foreign_keys, "clinic/outcome.py", 'x = ForeignKey("self")\ny = ForeignKey(Plan)\n'),
    (words, "engine/plan.py", OPENING),
    (words, "engine/checkin.py", OPENING),
    (words, "desk/page.py", OPENING),
]


def build(root: Path, path: str, text: str) -> Path:
    """A house of one module."""
    module = root / "afterthread" / path
    module.parent.mkdir(parents=True, exist_ok=True)
    module.write_text(text, encoding="utf-8")
    return root


@pytest.mark.parametrize(("rule", "path", "text"), BREACHES)
def test_it_catches_a_breach(tmp_path: Path, rule: Rule, path: str, text: str) -> None:
    """A house that breaks one rule is caught by that rule."""
    assert rule(build(tmp_path, path, text))


@pytest.mark.parametrize(("rule", "path", "text"), FINE)
def test_it_lets_a_good_house_pass(tmp_path: Path, rule: Rule, path: str, text: str) -> None:
    """A house at the limit is left alone."""
    assert not rule(build(tmp_path, path, text))


def test_it_counts_folders(tmp_path: Path) -> None:
    """The thirteenth module of a folder is one too many."""
    for number in range(house.MAX_FOLDER_FILES):
        build(tmp_path, f"engine/part{number}.py", OPENING)
    assert house.crowded_folders(tmp_path) == []
    build(tmp_path, "engine/last.py", OPENING)
    assert house.crowded_folders(tmp_path) == ["afterthread/engine has 13 modules; 12 is the most"]


def test_it_adds_up_the_engine(tmp_path: Path) -> None:
    """The engine's length is the sum of its modules, and of no other floor's."""
    build(tmp_path, "engine/plan.py", OPENING * 3)
    build(tmp_path, "engine/deep/triage.py", OPENING * 4)
    build(tmp_path, "verify/replay.py", OPENING * 5)
    assert house.engine_lines(tmp_path) == 3 + 4


def test_it_finds_the_ninetieth_percentile(tmp_path: Path) -> None:
    """One long function in ten is allowed to be long, two are not."""
    for number in range(9):
        build(tmp_path, f"engine/part{number}.py", function_of(5))
    assert house.p90_function_lines(build(tmp_path, "engine/nine.py", function_of(5))) == 5
    build(tmp_path, "engine/nine.py", function_of(50))
    assert house.p90_function_lines(tmp_path) == 50
