"""May this person have it, and when: every answer is weighed, an unanswered one never clears, and edges are exact."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterthread.engine.case import CaseError, read_candidate
from afterthread.engine.screen import VERDICTS, Candidate, Screening, screen
from afterthread.protocol import UNKNOWN, shipped
from afterthread.protocol.entry import Condition, Timing
from tests.lib.edit import having
from tests.lib.story import Raw

PROTOCOL = shipped()
CONDITIONS, TIMINGS = sorted(PROTOCOL["condition"]), sorted(PROTOCOL["timing"])
DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31)).map(str)
CANDIDATES: st.SearchStrategy[Raw] = st.fixed_dictionaries(
    {"planned": DAYS},
    optional={
        "answers": st.dictionaries(st.sampled_from(CONDITIONS), st.sampled_from(("no", "yes", UNKNOWN)), max_size=4),
        "otherwise": st.sampled_from(("no", "no", UNKNOWN)),
        "age": st.integers(16, 90),
        "zones": st.lists(st.sampled_from([*sorted(PROTOCOL["zone"]), UNKNOWN]), max_size=3),
        "events": st.dictionaries(st.sampled_from(TIMINGS), DAYS, max_size=3),
    },
)
DAY = date(2026, 6, 15)


def weighed(raw: Raw) -> Screening:
    """The screening of a candidate."""
    return screen(PROTOCOL, read_candidate(PROTOCOL, raw))


def healthy(**more: Any) -> Screening:
    """The screening of somebody young with nothing to say, but for what is given."""
    return weighed({"otherwise": "no", "age": 30} | more)


@given(CANDIDATES)
def test_it_takes_the_gravest_objection(raw: Raw) -> None:
    """The verdict is that of the gravest objection, "ask" where something is open, and clear only where nothing is."""
    found = weighed(raw)
    verdicts = {objection.verdict for objection in found.objections} | ({"ask"} if found.unanswered else set())
    assert found.verdict == max(verdicts, key=VERDICTS.index, default="clear")
    assert (found.verdict == "clear") == (not found.objections and not found.unanswered)
    assert all(objection.sources for objection in found.objections)


@given(CANDIDATES, st.sampled_from(CONDITIONS))
def test_it_never_improves_by_one_more_yes(raw: Raw, id: str) -> None:
    """One more thing that is the matter, or one answer less, never gives a better verdict than "no" would."""
    answers = raw.get("answers", {})
    no, yes, unknown = (weighed(raw | {"answers": answers | {id: word}}) for word in ("no", "yes", UNKNOWN))
    assert VERDICTS.index(yes.verdict) >= VERDICTS.index(no.verdict)
    assert VERDICTS.index(unknown.verdict) >= VERDICTS.index(no.verdict)


@given(CANDIDATES)
def test_it_may_be_done_on_the_earliest_day(raw: Raw) -> None:
    """On the earliest day that is named no event before it is in the way any longer."""
    found = weighed(raw)
    if found.earliest is not None:
        later = weighed(raw | {"planned": str(found.earliest)})
        before = {objection.entry for objection in found.objections if objection.verdict == "not_yet"}
        after = {objection.entry for objection in later.objections if objection.verdict == "not_yet"}
        assert not before & after


@pytest.mark.parametrize("timing", PROTOCOL["timing"].values(), ids=lambda timing: timing.id)
def test_it_keeps_the_edges_of_every_interval(timing: Timing) -> None:
    """On the first and the last day of an interval the two clash; a day outside either edge they do not."""
    for days, clash in (
        (timing.clash_from - 1, False),
        (timing.clash_from, True),
        (timing.clash_to, True),
        (timing.clash_to + 1, False),
    ):
        found = healthy(planned=str(DAY), events={timing.id: str(DAY - timedelta(days=days))})
        assert ([one.entry for one in found.objections] == [timing.key]) is clash
        assert found.verdict == ("not_yet" if clash else "clear")


@pytest.mark.parametrize("condition", PROTOCOL["condition"].values(), ids=lambda condition: condition.id)
def test_it_weighs_every_condition(condition: Condition) -> None:
    """Each condition alone forbids or refers, and asks while it is not answered."""
    zones = [id for id, zone in PROTOCOL["zone"].items() if zone.region in condition.regions]
    if condition.age_from:
        yes, open_ = healthy(age=condition.age_from), weighed({"otherwise": "no"})
        assert condition.key not in {one.entry for one in healthy(age=condition.age_from - 1).objections}
    else:
        yes = healthy(answers={condition.id: "yes"}, zones=zones)
        open_ = healthy(answers={condition.id: UNKNOWN}, zones=zones)
    assert condition.key in {one.entry for one in yes.objections}
    assert yes.verdict == ("no" if condition.kind == "absolute" else "clinician_decides")
    assert condition.id in open_.unanswered
    assert open_.verdict == "ask"


def test_it_asks_about_everything_at_first() -> None:
    """Of somebody who has said nothing, nothing is taken for granted."""
    assert set(weighed({}).unanswered) == {one.id for one in PROTOCOL["condition"].values()}
    assert weighed({}).verdict == "ask"


def test_it_leaves_out_what_concerns_another_region() -> None:
    """A condition of the nose is not asked for a thigh; where the place is not known, it is."""
    nose = Condition(id="odd", kind="absolute", regions=("nose",), sources=("S001",))
    protocol = having(PROTOCOL, nose)
    for zones, asked in ((["thigh"], False), (["thigh", "nose"], True), (["thigh", UNKNOWN], True), ([], True)):
        raw = {"age": 30, "zones": zones}
        assert ("odd" in screen(protocol, read_candidate(protocol, raw)).unanswered) is asked


def test_it_orders_objections_by_gravity() -> None:
    """The gravest stands first, whatever the order of the answers."""
    found = healthy(planned=str(DAY), events={"filler": str(DAY)}, answers={"smoker": "yes", "pregnancy": "yes"})
    assert [one.verdict for one in found.objections] == ["no", "not_yet", "clinician_decides"]


def test_it_needs_no_event_to_be_clear() -> None:
    """Somebody young and healthy with no appointment in the way may have it."""
    assert healthy(planned=str(DAY)).verdict == "clear"
    asked = screen(PROTOCOL, Candidate(age=30))
    assert asked.verdict == "ask"
    assert {"pregnancy", "skin_infection"} <= {*asked.unanswered}


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"events": {"filler": "2026-02-01"}}, "$.planned: events cannot be weighed without it. Add the planned date"),
        ({"planned": "soon"}, "$.planned: 'soon' is not a date of our time"),
        ({"answers": {"pregnant": "yes"}}, "$.answers.pregnant: unknown key. Use one of: pregnancy"),
        ({"answers": {"pregnancy": True}}, "$.answers.pregnancy: True is not an answer here"),
        ({"otherwise": "yes"}, "$.otherwise: 'yes' is not an answer here"),
        ({"age": 0}, "$.age: 0 is not a whole number from 1 to 120"),
        ({"zones": ["chek"]}, "$.zones[0]: 'chek' is not an answer here. Use one of: cheek"),
        ([], "$: [] is not an object"),
    ],
)
def test_it_refuses_what_it_does_not_understand(raw: Any, message: str) -> None:
    """A wrong answer is named with its path, and no verdict is given."""
    with pytest.raises(CaseError) as caught:
        read_candidate(PROTOCOL, raw)
    assert message in str(caught.value)


def test_it_asks_about_events_that_nobody_denied() -> None:
    """Without a closing "otherwise", an event without a date is asked about; a dated or a closed one is not."""
    answers = dict.fromkeys(CONDITIONS, "no")
    found = weighed(
        {"age": 30, "answers": answers, "planned": str(DAY), "events": {"filler": str(DAY - timedelta(90))}}
    )
    assert found.unanswered == ()
    assert found.undated == tuple(timing for timing in TIMINGS if timing != "filler")
    assert found.verdict == "ask"
    assert healthy().undated == ()
