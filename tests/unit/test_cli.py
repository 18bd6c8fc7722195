"""The command line answers as it documents: text or JSON, a schema for each, and an exit code that means something."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from afterthread.cli.schema import schemas
from afterthread.protocol import shipped
from afterthread.protocol.load import LIBRARY, SHIPPED
from tests.lib.shell import EXAMPLE, LOOSER, TAMER, Ask, altered, written

PROTOCOL = shipped()
SCHEMAS = schemas(PROTOCOL)


@pytest.fixture
def candidate(tmp_path: Path) -> str:
    """The file of somebody who had filler ten days before."""
    asked = {"age": 44, "zones": ["cheek"], "planned": "2026-03-09", "events": {"filler": "2026-02-27"}}
    return written(tmp_path / "candidate.json", asked | {"otherwise": "no"})


# -- Answers about one person -----------------------------------------------------------------------------------------


def test_it_tells_a_decision_with_its_reasons(ask: Ask) -> None:
    """Text names the urgency, the rule and its sources, what to do, and that nobody has signed."""
    code, out, err = ask("triage", EXAMPLE)
    assert (code, err) == (0, "")
    for said in ("Speak to a clinician today", "rule.swelling_increasing", "smj_abscess", "no clinician has signed"):
        assert said in " ".join(out.split())


def test_it_tells_a_decision_in_russian(ask: Ask) -> None:
    """The same decision, in the other language."""
    code, out, _ = ask("triage", EXAMPLE, "--language", "ru")
    assert code == 0
    assert PROTOCOL.words["ru"]["urgency.same_day"]["name"] in out


ANSWERS = {
    "triage": ("triage", EXAMPLE),
    "plan": ("plan", EXAMPLE),
    "plan-day": ("plan", EXAMPLE, "--day", "9"),
    "technique": ("technique", EXAMPLE),
    "pathway": ("pathway", "infection", EXAMPLE, "--day", "5", "--opened", "2026-03-21T09:05"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_it_answers_in_json_as_its_schema_says(ask: Ask, name: str) -> None:
    """Every answer fits its schema, and the schema itself is one."""
    code, out, _ = ask(*ANSWERS[name], "--json")
    told = json.loads(ask("schema", name)[1])
    Draft202012Validator.check_schema(told)
    Draft202012Validator(told, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(json.loads(out))
    assert code == 0


def test_it_screens_in_json_as_its_schema_says(ask: Ask, candidate: str) -> None:
    """A screening fits its schema and names the earliest day."""
    code, out, _ = ask("screen", candidate, "--json")
    Draft202012Validator(SCHEMAS["screen"]).validate(json.loads(out))
    assert (code, json.loads(out)["verdict"], json.loads(out)["earliest"]) == (0, "not_yet", "2026-03-13")


@pytest.mark.parametrize("name", ["triage", "plan", "plan-day", "screen", "pathway"])
def test_it_refuses_an_answer_without_its_stamp(name: str) -> None:
    """An answer that does not say which protocol it was made from does not fit its schema."""
    problems = [error.message for error in Draft202012Validator(SCHEMAS[name]).iter_errors({})]
    assert "'stamp' is a required property" in problems


def test_it_screens_in_text(ask: Ask, candidate: str) -> None:
    """A screening tells when it may be, and why."""
    assert "Not yet: earliest 2026-03-13" in ask("screen", candidate)[1]


def test_it_plans_one_day(ask: Ask) -> None:
    """What holds on day 9 is told with until when; what ended before is told as allowed."""
    out = ask("plan", EXAMPLE, "--day", "9")[1]
    sauna = PROTOCOL.words["en"]["step.sauna"]["title"]
    assert f"{sauna} (until 2026-04-06)" in " ".join(out.split())
    held = json.loads(ask("plan", EXAMPLE, "--day", "9", "--json")[1])["holds"]
    assert "step.sauna" in {item["step"] for item in held["forbidden"]}
    assert "step.make_up" in {item["step"] for item in held["allowed"]}


def test_it_plans_everything(ask: Ask) -> None:
    """The whole plan stands in order of time, with dates."""
    code, out, _ = ask("plan", EXAMPLE)
    dates = [line.split()[0] for line in out.splitlines() if line.startswith("  20")]
    assert code == 0
    assert dates == sorted(dates)
    assert len(dates) > 100


def test_it_remarks_on_threads(ask: Ask) -> None:
    """What is said of a thread names its number and its source."""
    code, out, _ = ask("technique", EXAMPLE)
    assert code == 0
    assert "#1,#2" in out
    assert "[" in out


def test_it_lists_the_complications(ask: Ask) -> None:
    """Without a name every complication is listed, as text and as JSON."""
    assert {line.split()[0] for line in ask("pathway")[1].splitlines()} == {*PROTOCOL["pathway"]}
    assert json.loads(ask("pathway", "--json")[1]).keys() == {*PROTOCOL["pathway"]}


def test_it_dates_the_steps_of_a_complication(ask: Ask) -> None:
    """The first deadline counts from the moment at which the complication was opened."""
    out = ask("pathway", "infection", EXAMPLE, "--day", "5", "--opened", "2026-03-21T09:05")[1]
    assert "2026-03-21" in out
    assert "+" in ask("pathway", "infection")[1]


def test_it_tells_a_whole_recovery(ask: Ask) -> None:
    """The demonstration goes from screening over a bad day to the outcome, in either language."""
    for language, words in PROTOCOL.words.items():
        code, out, _ = ask("demo", "--language", language)
        assert code == 0
        assert words["urgency.same_day"]["name"] in " ".join(out.split())
        assert words["pathway.infection"]["name"] in out


# -- The knowledge and its proofs -------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["sources", "check", "verify"])
def test_it_stands_by_what_it_ships(ask: Ask, command: str) -> None:
    """The shipped protocol passes, and the JSON says the same as the text."""
    assert ask(command)[0] == 0
    code, out, _ = ask(command, "--json")
    assert code == 0
    assert json.loads(out)


def test_it_accounts_for_every_claim(ask: Ask) -> None:
    """All claims are listed when asked for, and the last line counts them."""
    out = ask("sources", "--all")[1]
    assert all(id in out for id in PROTOCOL["claim"])
    assert out.splitlines()[-1].startswith(f"{len(PROTOCOL['claim'])} claims:")
    assert out.splitlines()[-1].endswith("0 open")


def test_it_fails_a_worked_case(ask: Ask, tmp_path: Path) -> None:
    """A changed window shows as cases that come out otherwise, by name, with exit code 1."""
    folder = altered(tmp_path, LOOSER)
    code, out, _ = ask("check", "--protocol", folder)
    assert code == 1
    assert "edge_swelling_mild_day_15: expected routine, got self_care" in out
    assert json.loads(ask("check", "--protocol", folder, "--json")[1])["failures"]


def test_it_writes_what_refutes_a_property(ask: Ask, tmp_path: Path) -> None:
    """A refuting check-in is written as a case file, and running that file shows the fault."""
    folder, target = altered(tmp_path, TAMER), tmp_path / "refuted"
    code, out, err = ask("verify", "--protocol", folder, "--write", str(target))
    assert code == 1
    assert "FAILS   every red flag alone is an emergency" in out
    case = target / "every_red_flag_alone_is_an_emergency_1.json"
    assert f"afterthread triage {case}" in err
    code, out, _ = ask("triage", str(case), "--protocol", folder, "--json")
    assert (code, json.loads(out)["urgency"]) == (0, "same_day")
    assert json.loads(ask("triage", str(case), "--json")[1])["urgency"] == "emergency"


def test_it_prints_what_refutes_a_property(ask: Ask, tmp_path: Path) -> None:
    """Without a folder to write to, the refuting check-in stands in the answer."""
    code, out, _ = ask("verify", "--protocol", altered(tmp_path, TAMER))
    assert code == 1
    assert '{"vision": "yes"}' in out


def test_it_compares_two_folders(ask: Ask, tmp_path: Path) -> None:
    """A protocol is equivalent to itself; a longer window is looser, and seen from the other side stricter."""
    folder = altered(tmp_path, LOOSER)
    assert ask("compare", "-", "-")[:2] == (0, "equivalent\n")
    code, out, _ = ask("compare", "-", folder)
    assert (code, out.splitlines()[0]) == (1, "looser")
    assert "course.swelling is routine in one" in out
    assert json.loads(ask("compare", folder, "-", "--json")[1])["relation"] == "stricter"
    assert ask("compare", folder, "-")[0] == 0


def test_it_compares_an_overlay(ask: Ask, tmp_path: Path) -> None:
    """What a clinic lays over is compared with what it lies over, and verified together with it."""
    overlay = tmp_path / "harbour.toml"
    window = "[course.bruise.until]\nmild = 9\nmoderate = 9\nsevere = 9\n"
    overlay.write_text(f'id = "harbour"\nauthor = "Harbour clinic"\n{window}', encoding="utf-8")
    code, out, _ = ask("compare", "-", str(overlay))
    assert (code, out.splitlines()[0]) == (0, "stricter")
    code, out, _ = ask("verify", "--overlay", str(overlay))
    assert code == 0
    assert "an overlay never weakens a red flag" in out
    assert '"version": "2026.11+harbour"' in ask("triage", "--overlay", str(overlay), EXAMPLE, "--json")[1]


def test_it_compiles(ask: Ask) -> None:
    """The compiled protocol is one JSON document with the stamp of its protocol."""
    document = json.loads(ask("compile")[1])
    assert document["protocol"]["digest"] == PROTOCOL.digest
    assert document["boxes"]


# -- A stored history -------------------------------------------------------------------------------------------------


@pytest.fixture
def history(tmp_path: Path) -> str:
    """Two patients: one with a little swelling on day 16, one with nothing."""
    swelling = {"swelling": "mild", "swelling.side": "both", "swelling.trend": "better"}
    healthy = dict.fromkeys(PROTOCOL["modifier"], "no") | {"otherwise": "no"}
    rows = [{"patient": "alice", "day": 17, **swelling, **healthy}, {"patient": "bob", "day": 17, **healthy}]
    path = tmp_path / "history.ndjson"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def test_it_replays_a_history(ask: Ask, history: str) -> None:
    """Every check-in is counted by urgency and by rule."""
    code, out, _ = ask("replay", history, "--json")
    told = json.loads(out)
    assert (code, told["check_ins"], told["patients"]) == (0, 2, 2)
    assert (told["urgencies"]["routine"], told["urgencies"]["self_care"]) == (1, 1)
    assert "2 check-ins of 2 patients" in ask("replay", history)[1]


def test_it_refuses_a_downgrade_that_nobody_approved(ask: Ask, history: str, tmp_path: Path) -> None:
    """A looser version lowers a patient by name, and passes only under somebody's name."""
    folder = altered(tmp_path, LOOSER)
    code, out, _ = ask("replay", history, "--against", folder)
    assert code == 1
    assert "patient alice" in out
    assert "refused" in out
    assert "bob" not in out
    code, out, _ = ask("replay", history, "--against", folder, "--approved-by", "Dr Strand")
    assert code == 0
    assert "approved by Dr Strand" in out
    told = json.loads(ask("replay", history, "--against", folder, "--json")[1])
    assert [(change["patient"], change["after"]) for change in told["changed"]] == [("alice", "self_care")]


def test_it_lets_a_stricter_version_pass(ask: Ask, history: str, tmp_path: Path) -> None:
    """Raising somebody needs nobody's approval."""
    code, out, _ = ask("replay", history, "--protocol", altered(tmp_path, LOOSER), "--against", str(LIBRARY / SHIPPED))
    assert code == 0
    assert "0 lowered, 1 raised" in out
