"""What is broken is refused in words, by schema and by command; the command behaves as a process should."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from afterthread.cli import build_parser, main
from afterthread.cli.schema import schemas
from afterthread.engine.case import CaseError, read_candidate, read_case
from afterthread.protocol import shipped
from tests.lib.diary import Raw, cases
from tests.lib.shell import EXAMPLE, LOOSER, Ask, altered, started, written
from tests.lib.source import ROOT

PROTOCOL = shipped()
SCHEMAS = schemas(PROTOCOL)
CANDIDATE: Raw = {"age": 44, "zones": ["cheek"], "planned": "2026-03-09", "events": {"filler": "2026-02-27"}}


# -- What goes in -----------------------------------------------------------------------------------------------------


@given(cases(PROTOCOL, most=2))
def test_it_accepts_every_valid_case_by_schema(case: Raw) -> None:
    """Whatever the engine reads, the schema lets through."""
    Draft202012Validator(SCHEMAS["case"]).validate(case)
    read_case(PROTOCOL, case)


CHECKIN: Raw = {"day": 3, "answers": {"pain": "mild"}}
BROKEN_CASES: dict[str, Any] = {
    "a list": [],
    "an unknown key": {"proceedure": {}},
    "an unknown question": {"checkins": [CHECKIN | {"answers": {"pian": "mild"}}]},
    "an unknown answer": {"checkins": [CHECKIN | {"answers": {"pain": "bad"}}]},
    "yes as a truth value": {"checkins": [CHECKIN | {"answers": {"fever": True}}]},
    "an answer of nothing": {"checkins": [CHECKIN | {"answers": {"fever": None}}]},
    "a side where none is asked": {"checkins": [CHECKIN | {"answers": {"fever": {"level": "yes", "side": "one"}}}]},
    "no day": {"checkins": [{"answers": {}}]},
    "two days": {"checkins": [CHECKIN | {"date": "2026-03-04"}]},
    "a day before the procedure": {"checkins": [CHECKIN | {"day": -1}]},
    "a day beyond the horizon": {"checkins": [CHECKIN | {"day": 3651}]},
    "half a day": {"checkins": [CHECKIN | {"day": 0.5}]},
    "a day in quotes": {"checkins": [CHECKIN | {"day": "3"}]},
    "closing with yes": {"checkins": [CHECKIN | {"otherwise": "yes"}]},
    "an age of 500": {"procedure": {"age": 500}},
    "an unknown zone": {"procedure": {"zones": ["cheeks"]}},
    "an unknown modifier": {"procedure": {"modifiers": {"diabetic": "yes"}}},
    "a thread counted as none": {"procedure": {"threads": [{"count": 0}]}},
}


@pytest.mark.parametrize("what", BROKEN_CASES)
def test_it_refuses_a_broken_case(what: str, ask: Ask, tmp_path: Path) -> None:
    """What is broken is refused by the schema, by the reader, and by the command, with a path and exit code 2."""
    broken = BROKEN_CASES[what]
    assert not Draft202012Validator(SCHEMAS["case"]).is_valid(broken)
    with pytest.raises(CaseError):
        read_case(PROTOCOL, broken)
    code, out, err = ask("triage", written(tmp_path / "case.json", broken))
    assert (code, out) == (2, "")
    assert "nothing was decided" in err
    assert "  $" in err


@pytest.mark.parametrize(
    "broken", [{"answers": {"pregnant": "no"}}, {"otherwise": "yes"}, {"age": "44"}, {"events": {"filler": 3}}]
)
def test_it_refuses_a_broken_candidate(broken: Raw) -> None:
    """Schema and reader agree on what is no candidate."""
    schema = Draft202012Validator(SCHEMAS["candidate"])
    schema.validate(CANDIDATE | {"otherwise": "no"})
    assert not schema.is_valid(CANDIDATE | broken)
    with pytest.raises(CaseError):
        read_candidate(PROTOCOL, CANDIDATE | broken)


def test_it_names_all_schemas(ask: Ask) -> None:
    """Without a name the schemas are listed; each is printed by its name."""
    assert ask("schema")[1].split() == [*SCHEMAS]
    assert json.loads(ask("schema", "case")[1]) == SCHEMAS["case"]


MISTAKES: dict[str, tuple[tuple[str, ...], str]] = {
    "a file that is not there": (("triage", "nowhere.json"), "nowhere.json cannot be read"),
    "a folder for a file": (("triage", str(ROOT)), "cannot be read"),
    "a protocol that is not there": (("check", "--protocol", "nowhere"), "nowhere is no folder"),
    "a version that is not there": (("compare", "-", "nowhere"), "nowhere is no folder"),
    "an overlay that is not there": (("check", "--overlay", "nowhere.toml"), "nowhere.toml"),
    "a language nobody wrote": (("triage", EXAMPLE, "--language", "xx"), "it does not speak 'xx'"),
    "a complication with a slip": (("pathway", "infectoin"), "infection"),
    "a schema with a slip": (("schema", "tirage"), "triage"),
    "a moment that is none": (("pathway", "infection", "--opened", "soon"), "--opened"),
    "a history that is none": (("replay", EXAMPLE), "row 1"),
}


@pytest.mark.parametrize("what", MISTAKES)
def test_it_says_how_to_mend_a_mistake(what: str, ask: Ask) -> None:
    """A mistake in the call ends with exit code 2, nothing on standard output, and words instead of a traceback."""
    arguments, said = MISTAKES[what]
    code, out, err = ask(*arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "arguments", [(), ("triag",), ("triage",), ("triage", EXAMPLE, "--jason"), ("completion", "csh")]
)
def test_it_refuses_a_call_it_does_not_know(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown command, option or shell ends with exit code 2 and the usage."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: afterthread" in capsys.readouterr().err


# -- As a process -----------------------------------------------------------------------------------------------------


def test_it_reads_standard_input() -> None:
    """A case may come through a pipe."""
    code, out, err = started("triage", "-", "--json", stdin=Path(EXAMPLE).read_text(encoding="utf-8"))
    assert (code, err) == (0, "")
    assert json.loads(out)["urgency"] == "same_day"


def test_it_never_ends_in_a_traceback() -> None:
    """What is no JSON is refused in words, with exit code 2."""
    code, out, err = started("triage", "-", stdin='{"checkins": [NaN]}')
    assert (code, out) == (2, "")
    assert "NaN is not a number" in err
    assert "Traceback" not in err


def test_it_fails_as_a_process_when_something_does_not_hold(tmp_path: Path) -> None:
    """The shell sees exit code 1."""
    assert started("compare", "-", altered(tmp_path, LOOSER))[0] == 1


def test_it_stops_when_nobody_reads_on() -> None:
    """A reader who has had enough, like `head`, ends it quietly."""
    with subprocess.Popen(
        [sys.executable, "-m", "afterthread.cli", "compile"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(1)
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_it_speaks_to_a_terminal_that_knows_only_ascii() -> None:
    """A terminal without the letters gets question marks, and JSON with escapes."""
    done = subprocess.run(
        [sys.executable, "-m", "afterthread.cli", "triage", EXAMPLE, "--language", "ru", "--json"],
        env={"PYTHONIOENCODING": "ascii"}, capture_output=True, check=True,
    )  # fmt: skip
    name = PROTOCOL.words["ru"]["urgency.same_day"]["name"]
    assert json.loads(done.stdout.decode("ascii"))["explanation"]["urgency"] == name


def test_it_starts_without_what_it_does_not_need() -> None:
    """A decision needs neither arrays nor the web."""
    code = "import sys; from afterthread.cli import main; main(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", code, "triage", EXAMPLE], capture_output=True, text=True, check=True,
        env={"PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    loaded = {*done.stderr.split()}
    assert "afterthread.engine.triage" in loaded
    assert not {"django", "numpy", "pyarrow", "afterthread.verify.replay"} & loaded


# -- Completion -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_it_completes_every_command(shell: str, ask: Ask) -> None:
    """The script of each shell knows every command and its options."""
    code, out, _ = ask("completion", shell)
    assert code == 0
    commands = next(action.choices for action in build_parser()._actions if isinstance(action.choices, dict))
    assert all(name in out for name in commands)
    assert "approved-by" in out


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
def test_it_completes_in_bash(ask: Ask) -> None:
    """Bash reads the script, and completes a command and an option with it."""
    asked = (
        f"{ask('completion', 'bash')[1]}\n"
        'COMP_WORDS=(afterthread tr); COMP_CWORD=1; _afterthread; echo "${COMPREPLY[@]}"\n'
        'COMP_WORDS=(afterthread replay --app); COMP_CWORD=2; _afterthread; echo "${COMPREPLY[@]}"\n'
    )
    bash = shutil.which("bash") or "bash"
    done = subprocess.run([bash, "-s"], input=asked, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["triage", "--approved-by"]
