"""The pages say what the program does: generated ones are current, hand-written ones are run."""

import json
import re
from pathlib import Path

import pytest

from afterthread.cli import EPILOGUE, build_parser
from afterthread.cli.schema import schemas
from afterthread.engine.case import parse_json, read_case
from afterthread.engine.explain import explain
from afterthread.engine.triage import triage
from afterthread.protocol import shipped
from afterthread.verify.properties import PROPERTIES
from scripts.docs import FOLDER, NOTE, PAGES, written
from tests.lib.behaviour import chapters
from tests.lib.source import ROOT

PROTOCOL = shipped()
README = (ROOT / "README.md").read_text(encoding="utf-8")
TUTORIAL = (ROOT / "docs" / "tutorials" / "first-case.md").read_text(encoding="utf-8")
WRITTEN = {path: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.md"))}
LINKING = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("adr/*.md")])
COMMANDS = next(action.choices for action in build_parser()._actions if isinstance(action.choices, dict))


def page(name: str) -> str:
    """One page of the reference."""
    return (FOLDER / name).read_text(encoding="utf-8")


def snippets(text: str) -> list[str]:
    """Every outermost { … } of the indented blocks and of the quoted arguments of a page."""
    found, depth, start = [], 0, 0
    shown = "\n".join(line for line in text.splitlines() if line.startswith("    "))
    for position, letter in enumerate(shown):
        if letter == "{":
            start, depth = (position if depth == 0 else start), depth + 1
        elif letter == "}":
            depth -= 1
            if depth == 0:
                found.append(shown[start : position + 1])
    return found


# -- Generated pages --------------------------------------------------------------------------------------------------


def test_it_keeps_every_generated_page_current(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `make docs` would write stands there already."""
    monkeypatch.setenv("COLUMNS", "80")
    stale = [path.name for path, text in written().items() if not path.exists() or path.read_text("utf-8") != text]
    assert not stale, f"run `make docs`: {', '.join(stale)}"


def test_it_says_which_pages_are_generated() -> None:
    """A generated page says so at its head, and no other page does."""
    assert {path.name for path, text in WRITTEN.items() if text.startswith(NOTE)} == {*PAGES}


@pytest.mark.parametrize("name", COMMANDS)
def test_it_documents_every_command(name: str) -> None:
    """Every command has a chapter that names each of its options and arguments."""
    chapter = page("command-line.md").split(f"\n## {name}\n")[1].split("\n## ")[0]
    for action in COMMANDS[name]._actions:
        for word in action.option_strings or [action.dest]:
            assert word in chapter
        assert action.help


def test_it_documents_every_exit_code() -> None:
    """Every code that the program can end with is explained."""
    told = re.findall(r"^  (\d)  \S", page("command-line.md"), flags=re.MULTILINE)
    assert told == re.findall(r"^  (\d)  ", EPILOGUE, flags=re.MULTILINE) == ["0", "1", "2"]


@pytest.mark.parametrize("name", schemas(PROTOCOL))
def test_it_documents_every_schema(name: str) -> None:
    """Every schema is named where the command that prints it is explained."""
    chapter = page("command-line.md").split("\n## schema\n")[1].split("\n## ")[0]
    assert re.search(rf"(?<![\w-]){name}(?![\w-])", chapter)


@pytest.mark.parametrize("name", [one.__name__ for one in PROPERTIES])
def test_it_documents_every_property(name: str) -> None:
    """Every property stands on its page with a sentence."""
    assert re.search(rf"^- \*\*{name.replace('_', ' ')}\*\*: \S", page("properties.md"), flags=re.MULTILINE)


@pytest.mark.parametrize("section", ["course", "rule"])
def test_it_documents_every_window_and_rule(section: str) -> None:
    """Every window and rule stands in the tables with its sources."""
    rows = page("rules.md").splitlines()
    for entry in PROTOCOL[section].values():
        assert any(row.startswith("| ") and row.endswith(f"| {', '.join(entry.sources)} |") for row in rows)


def test_it_tells_the_spec_as_prose() -> None:
    """Every test of the spec is a sentence on the page of behaviour, under the title of its chapter."""
    lines = chapters().splitlines()
    spec = sorted((ROOT / "tests" / "spec").rglob("test_*.py"))
    assert lines[0] == "# How Afterthread behaves"
    assert sum(line.startswith("## ") for line in lines) == len(spec) - 1
    told = [line for line in lines if line.startswith("- ")]
    tests = sum(path.read_text("utf-8").count("\ndef test_") for path in spec if path.name != "test_cases.py")
    assert len({*told}) == tests
    assert all(line.endswith(".") for line in told)


# -- Written pages ----------------------------------------------------------------------------------------------------


def test_it_decides_the_example_as_the_readme_says() -> None:
    """The urgency, the reason, what is considered and what would calm it stand in the README word for word."""
    case = read_case(PROTOCOL, parse_json((ROOT / "docs" / "examples" / "day5.json").read_bytes()))
    decision = triage(PROTOCOL, case)
    told = explain(PROTOCOL, decision)
    flat = " ".join(README.split())
    assert f"{told.day}: {told.urgency}" in flat
    assert told.reasons[0].says in flat
    assert f"[{told.reasons[0].entry}: {', '.join(told.reasons[0].sources)}]" in flat
    assert f"To consider: {'; '.join(told.complications)}." in flat
    assert told.unanswered in flat
    assert told.would_lower in flat


@pytest.mark.parametrize("text", [README, TUTORIAL], ids=["README", "tutorial"])
def test_it_names_only_commands_that_exist(text: str) -> None:
    """Every `afterthread …` in a block is a command, and every option on its line is one of it."""
    for name, rest in re.findall(r"^    (?:\$ )?afterthread (\w+)(.*)", text, flags=re.MULTILINE):
        assert name in COMMANDS
        known = {option for action in COMMANDS[name]._actions for option in action.option_strings}
        assert {*re.findall(r"--\w[\w-]*", rest.partition("#")[0])} <= known


def test_it_shows_valid_json_in_the_tutorial() -> None:
    """Every piece of JSON that a reader is asked to copy can be read."""
    parts = snippets(TUTORIAL)
    assert len(parts) == 3
    assert all(isinstance(json.loads(part), dict) for part in parts)


def test_it_decides_the_tutorial_as_the_tutorial_says() -> None:
    """The case of the tutorial with its check-in is cared for at home; the variations raise it as told."""
    _, case, checkin = map(json.loads, snippets(TUTORIAL))

    def word(*checkins: dict[str, object]) -> str:
        return triage(PROTOCOL, read_case(PROTOCOL, case | {"checkins": [*checkins]})).urgency.word

    swelling = checkin["answers"]["swelling"]
    assert word(checkin) == "self_care"
    one_sided = {"swelling": swelling | {"side": "one"}, "pain": "mild"}
    assert word(checkin | {"answers": one_sided}) == "same_day"
    assert word({key: value for key, value in checkin.items() if key != "otherwise"}) == "routine"
    assert word(checkin | {"answers": checkin["answers"] | {"vision": "yes"}}) == "emergency"
    assert word(checkin, {"day": 6, "answers": {"swelling": "severe"}, "otherwise": "no"}) == "same_day"


@pytest.mark.parametrize("path", LINKING, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_it_links_only_to_what_is_there(path: Path) -> None:
    """Every relative link of a page leads to a file or folder."""
    for target in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target
