"""What may be said of a thread as placed: layer, line of pull, fixation, and the structures near it."""

from datetime import date
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterthread.engine.case import read_case, thread_words
from afterthread.engine.facts import Procedure, Thread
from afterthread.engine.technique import ACROSS_DEGREES, LEVELS, advise, thread_facts
from afterthread.protocol import UNKNOWN, shipped
from tests.lib.diary import Raw, procedures, threads

PROTOCOL = shipped()
TODAY = date(2026, 3, 2)
PLACED: Raw = {
    "zone": "cheek", "side": "left", "kind": "cog", "material": "pdo", "layer": "subcutaneous", "vector": 60,
    "path": "linear", "purpose": "lift", "overcorrection": "none", "barb_near_exit": "no", "paired_needles": "yes",
    "lot": "PD-2291", "expires": "2027-01-01",
}  # fmt: skip
"""A thread of which everything is known and nothing is amiss."""


def procedure_of(*placed: Raw, **more: Any) -> Procedure:
    """A procedure with these threads."""
    return read_case(PROTOCOL, {"procedure": {"threads": [*placed], "modifiers": {"otherwise": "no"}} | more}).procedure


def advice_on(**changes: Any) -> dict[str, str]:
    """The advice on a sound thread with some things changed, with its level; structures nearby are left out."""
    thread = {key: value for key, value in (PLACED | changes).items() if value is not None}
    found = advise(PROTOCOL, procedure_of(thread), TODAY)
    return {one.entry.removeprefix("advice."): one.level for one in found if one.entry.startswith("advice.")}


@given(procedures(PROTOCOL))
def test_it_puts_the_gravest_first(raw: Raw) -> None:
    """Remarks stand by gravity, then by thread, each with a source, on threads that exist."""
    procedure = read_case(PROTOCOL, {"procedure": raw}).procedure
    found = advise(PROTOCOL, procedure, TODAY)
    assert [*found] == sorted(found, key=lambda one: (LEVELS.index(one.level), one.thread, one.entry))
    assert all(one.sources and 0 <= one.thread < len(procedure.threads) for one in found)


@given(procedures(PROTOCOL))
def test_it_names_every_structure_near_a_thread(raw: Raw) -> None:
    """Whatever is dangerous in the zone of a thread is named, and nothing else."""
    procedure = read_case(PROTOCOL, {"procedure": raw}).procedure
    named = {(one.thread, one.entry) for one in advise(PROTOCOL, procedure) if one.entry.startswith("danger.")}
    near = {
        (position, f"danger.{danger}")
        for position, thread in enumerate(procedure.threads)
        if thread.zone != UNKNOWN
        for danger in PROTOCOL["zone"][thread.zone].dangers
    }
    assert named == near


@given(threads(PROTOCOL), st.integers(-180, 180))
def test_it_does_not_mind_which_way_a_line_is_drawn(thread: Raw, vector: int) -> None:
    """A vector and its reverse are one line."""
    one, other = (procedure_of(thread | {"vector": degrees}) for degrees in (vector, vector + 180))
    assert advise(PROTOCOL, one, TODAY) == advise(PROTOCOL, other, TODAY)


def test_it_asks_only_for_what_a_thread_can_be() -> None:
    """Every condition of every piece of advice names a fact, with values that this fact can have."""
    domains: dict[str, Any] = {
        "kind": PROTOCOL["kind"], "material": PROTOCOL["material"], "layer": PROTOCOL["layer"],
        "zone": PROTOCOL["zone"], "region": {zone.region for zone in PROTOCOL["zone"].values()},
        "fixation": {kind.fixation for kind in PROTOCOL["kind"].values()} | {"anchor"}, "path": ("linear", "loop"),
        "purpose": ("lift", "reinforce", "revitalise"), "overcorrection": thread_words(PROTOCOL)["overcorrection"],
        "zones_at_once": ("few", "several"),
    }  # fmt: skip
    facts = thread_facts(PROTOCOL, procedure_of(), Thread(), TODAY)
    for advice in PROTOCOL["advice"].values():
        for name, wanted in advice.when.items():
            assert name in facts, f"{advice.key} asks for {name}"
            assert {*wanted} <= {*domains.get(name, ("no", "yes")), UNKNOWN}, f"{advice.key}: {name}"


def test_it_can_give_every_piece_of_advice() -> None:
    """Each piece of advice is given on some thread."""
    chance, given_ = Random(1), set()
    for _ in range(4000):
        given_ |= {one.entry for one in advise(PROTOCOL, procedure_of(drawn(chance), **person(chance)), TODAY)}
    assert {advice.key for advice in PROTOCOL["advice"].values()} - given_ == set()


def drawn(chance: Random) -> Raw:
    """A thread of any kind, or of a plausible one."""
    words: dict[str, Any] = {key: [*PROTOCOL[key], UNKNOWN] for key in ("zone", "kind", "material", "layer")}
    words |= {"path": ("linear", "loop", UNKNOWN), "purpose": ("lift", "reinforce", "revitalise")}
    words |= {
        "overcorrection": (*thread_words(PROTOCOL)["overcorrection"], UNKNOWN),
        "barb_near_exit": ("no", "yes"),
        "lot": ("", "PD-2291"),
    }
    words |= {"paired_needles": ("no", "yes"), "expires": ("2020-01-01", "2030-01-01"), "vector": range(0, 180, 15)}
    words |= {"fixation": ("none", "anchor", UNKNOWN)}
    thread = {key: chance.choice(values) for key, values in words.items()}
    return thread if chance.random() > 0.3 else {key: value for key, value in thread.items() if key != "expires"}


def person(chance: Random) -> Raw:
    """A procedure of some extent on somebody with some risks."""
    return {
        "zones": chance.sample(sorted(PROTOCOL["zone"]), chance.randint(1, 4)),
        "modifiers": {id: chance.choice(("no", "yes", UNKNOWN)) for id in PROTOCOL["modifier"]},
    }


def test_it_has_little_to_say_about_a_sound_thread() -> None:
    """A thread of which everything is known and well chosen is neither stopped nor warned of."""
    assert set(advice_on().values()) <= {"note"}


@pytest.mark.parametrize(
    ("changes", "advice", "level"),
    [
        ({"layer": "epidermis"}, "epidermis", "stop"),
        ({"layer": "dermis"}, "wrong_layer", "warn"),
        ({"layer": "dermis"}, "too_superficial", "warn"),
        ({"layer": None}, "layer_not_recorded", "note"),
        ({"kind": "mono"}, "smooth_without_fixation", "warn"),
        ({"path": "loop", "overcorrection": "strong"}, "loop_overcorrection", "warn"),
        ({"path": "loop", "overcorrection": None}, "loop_overcorrection_not_recorded", "note"),
        ({"barb_near_exit": "yes"}, "barb_near_exit", "warn"),
        ({"lot": ""}, "lot_missing", "warn"),
        ({"lot": "  "}, "lot_missing", "warn"),
        ({"expires": "2026-03-01"}, "expired", "stop"),
        ({"expires": None}, "expiry_not_recorded", "note"),
        ({"material": "gold"}, "non_absorbable", "warn"),
        ({"material": None}, "unknown_material", "warn"),
        ({"zone": "nose"}, "nose", "warn"),
    ],
)
def test_it_remarks_on_what_is_amiss(changes: Raw, advice: str, level: str) -> None:
    """One thing amiss with a sound thread is remarked on, as gravely as it deserves."""
    assert advice_on(**changes).get(advice) == level
    assert advice not in advice_on()


def test_it_is_good_until_the_day_it_expires() -> None:
    """A thread may be used on the last day printed on it."""
    assert "expired" not in advice_on(expires=str(TODAY))


@pytest.mark.parametrize(
    ("vector", "across"),
    [(0, "no"), (ACROSS_DEGREES - 1, "no"), (ACROSS_DEGREES, "yes"), (90, "yes"), (180 - ACROSS_DEGREES, "yes"),
     (180 - ACROSS_DEGREES + 1, "no"), (180, "no"), (-90, "yes"), (270, "yes"), (360, "no")],
)  # fmt: skip
def test_it_measures_angles_between_lines(vector: int, across: str) -> None:
    """A thread lies across a muscle from sixty degrees on, whichever way either is drawn."""
    zone = next(zone for zone in PROTOCOL["zone"].values() if len(zone.muscles) == 1)
    pull = PROTOCOL["muscle"][zone.muscles[0]].direction
    thread = read_case(PROTOCOL, {"procedure": {"threads": [{"zone": zone.id}]}}).procedure.threads[0]
    turned = Thread(zone=thread.zone, vector=pull + vector)
    assert thread_facts(PROTOCOL, procedure_of(), turned, TODAY)["across_muscle"] == across
    assert thread_facts(PROTOCOL, procedure_of(), thread, TODAY)["across_muscle"] == UNKNOWN


@pytest.mark.parametrize(
    ("zones", "extent"),
    [(["cheek", "chin"], "few"), (["cheek", "chin", UNKNOWN], "few"), (["cheek", "chin", "brow"], "several")],
)
def test_it_counts_the_zones_that_are_known(zones: list[str], extent: str) -> None:
    """Three zones at once are several; a zone that nobody named is not a zone of its own."""
    procedure = procedure_of(*({"zone": zone} for zone in zones if zone != UNKNOWN), {}, zones=zones)
    assert thread_facts(PROTOCOL, procedure, procedure.threads[0], TODAY)["zones_at_once"] == extent
