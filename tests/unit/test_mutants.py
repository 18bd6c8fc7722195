"""Mutants differ from the protocol, are noticed by cases that speak of them, and are counted honestly."""

from collections import Counter

import pytest

from afterthread.engine.case import read_case
from afterthread.engine.triage import triage
from afterthread.protocol import Urgency, shipped
from afterthread.protocol.entry import Rule
from afterthread.protocol.model import Days
from afterthread.verify.cases import WorkedCase, load_cases, run_cases
from bench import mutants as counting
from bench.mutants import Fate, differs, fate
from bench.mutation import Mutant, mutants
from tests.lib.edit import changed

PROTOCOL = shipped()
MUTANTS = list(mutants(PROTOCOL))


def named(text: str) -> Mutant:
    """The one mutant that says so."""
    (found,) = [mutant for mutant in MUTANTS if str(mutant) == text]
    return found


def test_it_changes_exactly_one_entry() -> None:
    """Every mutant differs from the shipped protocol in the entry it names, and nowhere else."""
    for mutant in MUTANTS:
        broken = mutant.of(PROTOCOL)
        own, other = PROTOCOL[mutant.section], broken[mutant.section]
        assert {id for id in own if own[id] != other.get(id)} == {mutant.id}
        assert other.keys() <= own.keys()


def test_it_makes_no_mutant_twice() -> None:
    """Each is counted once."""
    assert max(Counter(map(str, MUTANTS)).values()) == 1
    assert len({(mutant.section, mutant.id, repr(mutant.entry)) for mutant in MUTANTS}) == len(MUTANTS)


def test_it_breaks_every_rule_and_window() -> None:
    """Each is deleted, and its urgency moved."""
    for section, key in (("rule", "urgency"), ("course", "past")):
        for id in PROTOCOL[section]:
            whats = [mutant.what for mutant in MUTANTS if (mutant.section, mutant.id) == (section, id)]
            assert "deleted" in whats
            assert any(what.startswith(f"{key} ") for what in whats)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (Days(), []),
        (Days(4), [Days(3), Days(5)]),
        (Days(0, 2), [Days(1, 2), Days(0, 3), Days(0, 1)]),
        (Days(3, 3), [Days(2, 3), Days(3, 4)]),
    ],
    ids=str,
)
def test_it_moves_both_ends_by_a_day(days: Days, expected: list[Days]) -> None:
    """Thresholds go one day earlier and later, and never out of order."""
    rule = PROTOCOL["rule"]["cold_sore"]
    alone = changed(PROTOCOL, "rule.cold_sore", when=tuple(type(b)(b.where, days) for b in rule.when[:1]))
    found = [m.entry for m in mutants(alone) if m.id == "cold_sore" and m.what.startswith("alternative 1, day")]
    assert [entry.when[0].days for entry in found if isinstance(entry, Rule)] == expected


def test_it_moves_windows_and_shifts() -> None:
    """Every last expected day and every shift goes one day up and down."""
    until = PROTOCOL["course"]["swelling"].until["mild"]
    whats = {mutant.what for mutant in MUTANTS if mutant.id == "swelling" and mutant.section == "course"}
    assert {f"until.mild {until} -> {until - 1}", f"until.mild {until} -> {until + 1}", "until.mild deleted"} <= whats
    shift = PROTOCOL["course"]["swelling"].shift[0]
    assert {f"shift by {shift.modifier} {what}" for what in ("deleted", f"{shift.days} -> {shift.days + 1}")} <= whats


def test_it_is_noticed_by_a_case() -> None:
    """Without its rule, pus is missed by a worked example."""
    assert fate(PROTOCOL, named("rule.pus: deleted")).by.startswith("case ")


def test_it_is_noticed_by_a_property(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no case speaks, the proofs do: a red flag without a rule."""
    monkeypatch.setattr(counting, "worked", dict)
    assert fate(PROTOCOL, named("rule.vision: deleted")).by.startswith("property ")


def test_it_survives_where_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without cases a moved window survives, and comes with a case that would notice it."""
    monkeypatch.setattr(counting, "worked", dict)
    until = PROTOCOL["course"]["bruise"].until["severe"]
    found = fate(PROTOCOL, named(f"course.bruise: until.severe {until} -> {until - 1}"))
    assert found.survived
    assert f'"day": {until}' in found.kill


def test_it_does_not_count_what_changes_nothing() -> None:
    """A mutant that no check-in can tell from the original is not a survivor."""
    own = PROTOCOL["rule"]["pus"]
    assert fate(PROTOCOL, Mutant("rule", "pus", "nothing", own)) == Fate("rule.pus: nothing", counting.EQUAL)


def test_it_asks_the_engine_what_a_silence_is_worth(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a silent day nothing is answered, so a missed check-in is routine whatever its rule says."""
    monkeypatch.setattr(counting, "worked", dict)
    monkeypatch.setattr(counting, "PROPERTIES", ())
    assert fate(PROTOCOL, named("rule.silence: urgency routine -> self_care")).by == counting.EQUAL
    found = fate(PROTOCOL, named("rule.silence: raised False -> True"))
    assert found.survived
    assert found.kill == "silence missed on day 3 with every modifier yes is routine"


def wrong(one: WorkedCase, **fields: object) -> WorkedCase:
    """A worked case that expects something else."""
    kept = {name: getattr(one, name) for name in WorkedCase.__slots__}
    return WorkedCase(**(kept | fields))


def test_it_judges_cases_as_verify_does() -> None:
    """The quick comparison and `verify.cases` agree on every case, right and wrong."""
    for one in load_cases(PROTOCOL)[::7]:
        other = next(u for u in Urgency if u != one.expect)
        for case in (
            one,
            wrong(one, expect=other),
            wrong(one, rules=(*one.rules, "rule.nowhere")),
            wrong(one, rules=()),
            wrong(one, absent=one.rules),
            wrong(one, suspects=("nothing",)),
            wrong(one, unanswered=("nothing",)),
        ):
            decision = triage(PROTOCOL, read_case(PROTOCOL, case.case))
            assert differs(decision, case) == bool(run_cases(PROTOCOL, [case]))


def test_it_reports_the_share(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutants that change nothing are left out of the share."""
    found = [Fate("a", "case x.toml")] * 8 + [Fate("b", "nobody")] * 2 + [Fate("c", counting.EQUAL)] * 5
    monkeypatch.setattr(counting, "fates", lambda _: found)
    (row,) = counting.figures()
    assert row["measured"] == "20.00% (2 of 10)"
    assert not row["met"]
