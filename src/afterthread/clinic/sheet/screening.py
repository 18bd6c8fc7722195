"""The screening as a form: its questions in groups, and what was posted of it as it is kept; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.utils.datastructures import MultiValueDict

from afterthread.clinic.questionnaire import LONGEST_TEXT, contradicted
from afterthread.engine.case import FIRST_YEAR
from afterthread.engine.explain import Words
from afterthread.protocol.entry import Condition, Timing
from afterthread.protocol.model import UNKNOWN, Protocol

GROUPS: Mapping[str, tuple[str, ...]] = {
    "now": (
        "facial_weakness_new", "pregnancy", "breastfeeding", "under_18", "skin_infection", "skin_disease_at_site",
        "cold_sore_active", "acute_illness", "chronic_flare", "antibiotics_now", "dental_problem", "menstruation",
    ),
    "illness": (
        "bleeding_disorder", "diabetes", "diabetes_uncontrolled", "hypertension", "hypertension_uncontrolled",
        "heart_disease", "cancer", "cancer_past", "connective_tissue_disease", "autoimmune", "autoimmune_thyroid",
        "immunosuppressed", "hiv_hepatitis", "swelling_prone", "epilepsy", "nerve_muscle_disease", "facial_palsy",
        "jaw_problem", "mental_health", "pacemaker",
    ),
    "allergy": (
        "allergy_anaesthetic", "allergy_thread_material", "multiple_allergies", "anaphylaxis", "implant_reaction",
    ),
    "skin": (
        "keloid", "keloid_family", "koebner_skin_disease", "sensitive_skin", "bruise_prone", "dark_marks_prone",
        "herpes_history", "thin_inelastic_skin", "strong_sagging", "heavy_face",
    ),
    "earlier": (
        "permanent_filler", "nasal_implant", "previous_implant", "previous_threads", "gold_threads", "earlier_filler",
        "operated_area",
    ),
    "medicine": (
        "anticoagulants", "nsaid", "isotretinoin", "immune_medicines", "supplements", "skin_medicines",
        "other_medicines",
    ),
    "life": ("smoker", "cannot_follow_aftercare", "unrealistic_expectation", "body_image_distress"),
}  # fmt: skip
"""What is asked together; a condition that stands nowhere is asked at the end."""
OTHER, DATES = "other", "dates"
PASSING = "now"
"""What was so some weeks ago says nothing of today: it is asked afresh each time."""
AT_ONCE = frozenset({"facial_weakness_new"})
"""A yes to these cannot wait until a clinic looks."""
FAR = timedelta(days=3 * 366)
"""A date further ahead is a slip of the year."""
OLDEST = 120


class WrongSheet(Exception):
    """Answers that cannot be so; `problems` says which: the field, and a word for what is wrong."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(", ".join(f"{field}: {wrong}" for field, wrong in problems.items()))
        self.problems = problems


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One question as it stands on the page; `on` is the date beside it, `wrong` the word for what is wrong."""

    field: str
    ask: str
    answer: str
    dated: bool = False
    on: str = ""
    wrong: str = ""


@dataclass(frozen=True)
class Part:
    """Questions that one "none of these" closes."""

    group: str
    asks: list[Ask]
    closed: bool


def groups(known: Protocol) -> dict[str, list[Condition | Timing]]:
    """Every question of the screening, by group; what follows from the age is not asked."""
    asked = {id: one for id, one in known["condition"].items() if not one.age_from}
    placed = {id for ids in GROUPS.values() for id in ids}
    found = {group: [asked[id] for id in ids if id in asked] for group, ids in GROUPS.items()}
    found[OTHER] = [one for id, one in asked.items() if id not in placed]
    return {group: ones for group, ones in {**found, DATES: list(known["timing"].values())}.items() if ones}


def parts(words: Words, data: Mapping[str, str], wrong: Mapping[str, str]) -> Iterator[Part]:
    """The whole form, with what was typed in its place."""
    for group, ones in groups(words.protocol).items():
        yield Part(group, [_ask(words, one, data, wrong) for one in ones], bool(data.get(f"none-{group}")))


def field_of(one: Condition | Timing) -> str:
    """The name of a question on the page: `c-pregnancy`, `t-filler`."""
    return f"{one.section[0]}-{one.id}"


def _ask(words: Words, one: Condition | Timing, data: Mapping[str, str], wrong: Mapping[str, str]) -> Ask:
    field = field_of(one)
    return Ask(
        field=field, ask=words.of(one.key, "ask"), answer=data.get(field, ""), dated=one.section == "timing",
        on=data.get(f"{field}-on", ""), wrong=wrong.get(field, ""),
    )  # fmt: skip


def read_sheet(known: Protocol, data: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """What was posted, as it is kept, and what cannot be read of it, by field.

    `none-<group>` answers "no" to what of that group was not answered; the rest stays open.
    """
    said: dict[str, Any] = {"answers": {}, "events": {}, "denied": [], "unsure": [], "closed": []}
    wrong: dict[str, str] = {}
    for group, ones in groups(known).items():
        closed = bool(data.get(f"none-{group}"))
        said["closed"] += [group] * closed
        for one in ones:
            answer = data.get(field_of(one), "") or ("no" if closed else "")
            if isinstance(one, Condition):
                said["answers"] |= {one.id: answer} if answer else {}
            else:
                _read_event(one, answer, data, said, wrong)
    if data.get("age"):
        said["age"] = int(data["age"]) if data["age"].isdecimal() and len(data["age"]) < len("1000") else 0
    return said, wrong


def _read_event(
    timing: Timing, answer: str, data: Mapping[str, str], said: dict[str, Any], wrong: dict[str, str]
) -> None:
    """A date counts as a yes; a yes needs a date, or nobody could tell whether it clashes."""
    field = field_of(timing)
    on = data.get(f"{field}-on", "").strip()
    if on:
        try:
            said["events"][timing.id] = date.fromisoformat(on).isoformat()
        except ValueError:
            wrong[field] = "unreadable"
    elif answer == "yes":
        wrong[field] = "undated"
    elif answer in ("no", UNKNOWN):
        said["denied" if answer == "no" else "unsure"].append(timing.id)


def whole(known: Protocol, said: Mapping[str, Any]) -> dict[str, Any]:
    """The same with `otherwise` spread over everything that was left open."""
    told = {key: said[key] for key in ("answers", "events", "denied", "unsure", "closed", "age") if key in said}
    answers, events = dict(told.get("answers", {})), dict(told.get("events", {}))
    denied, unsure = list(told.get("denied", ())), list(told.get("unsure", ()))
    if said.get("otherwise") == "no":
        answers = {id: "no" for id, one in known["condition"].items() if not one.age_from} | answers
        denied += [id for id in known["timing"] if id not in {*events, *denied, *unsure}]
    return {**told, "answers": answers, "events": events, "denied": denied, "unsure": unsure}


def at_once(said: Mapping[str, Any]) -> tuple[str, ...]:
    """The conditions said yes to that cannot wait for any session."""
    return tuple(id for id in sorted(AT_ONCE) if said["answers"].get(id) == "yes")


def problems(known: Protocol, said: Mapping[str, Any], today: date, born: int | None) -> dict[str, str]:
    """What of it cannot be so, by field: a word nobody knows, a day that has not come or before she was born."""
    wrong = {f"c-{id}": "unreadable" for id in said["answers"] if id not in known["condition"]}
    wrong |= {f"c-{id}": "unreadable" for id, word in said["answers"].items() if word not in ("yes", "no", UNKNOWN)}
    wrong |= {f"t-{id}": "unreadable" for id in (*said["denied"], *said["unsure"]) if id not in known["timing"]}
    for id, day in said["events"].items():
        if id not in known["timing"]:
            wrong[f"t-{id}"] = "unreadable"
        elif code := _wrong_day(known["timing"][id], date.fromisoformat(day), today, born):
            wrong[f"t-{id}"] = code
    if "age" in said and not 1 <= said["age"] <= OLDEST:
        wrong["age"] = "age"
    return wrong


def _wrong_day(timing: Timing, day: date, today: date, born: int | None) -> str:
    if day.year < (born or FIRST_YEAR):
        return "before_birth" if born else "long_ago"
    if timing.clash_from >= 0 and day > today:
        return "to_come"
    return "far" if day > today + FAR else ""


def typed(said: Mapping[str, Any]) -> dict[str, str]:
    """Kept answers as they would stand on the page, so that only what changed has to be touched.

    What passes (an infection, a period) is left open.
    """
    passing = GROUPS[PASSING]
    found = {f"c-{id}": word for id, word in said["answers"].items() if id not in passing}
    found |= {f"t-{id}": word for word, ids in (("no", said["denied"]), (UNKNOWN, said["unsure"])) for id in ids}
    for id, day in said["events"].items():
        found |= {f"t-{id}": "yes", f"t-{id}-on": day}
    return found | ({"age": str(said["age"])} if "age" in said else {})


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """The form as it stands on a page, with what was typed and what is wrong with it."""

    parts: list[Part]
    key: UUID
    note: str = ""
    age: str = ""
    age_asked: bool = False
    wrong: Mapping[str, str]
    unfolded: bool = False
    """Whether every question stands open: for somebody who reads them out."""
    longest: int = LONGEST_TEXT


def sheet(
    words: Words, data: Mapping[str, str], wrong: Mapping[str, str], *, age_asked: bool, unfolded: bool = False
) -> Sheet:
    """The form in words, with what was typed in its place."""
    return Sheet(
        parts=list(parts(words, data, wrong)), key=key_of(data), note=data.get("note", ""), age=data.get("age", ""),
        age_asked=age_asked, wrong=wrong, unfolded=unfolded,
    )  # fmt: skip


@dataclass(frozen=True)
class Posted:
    """What was posted, as it is kept."""

    key: UUID
    said: dict[str, Any]
    note: str


def read_posted(known: Protocol, data: MultiValueDict[str, str]) -> Posted:
    """The whole page; raises `WrongSheet` for what cannot be read, was answered twice, or is too long."""
    told = {name: str(values[-1]) for name, values in data.lists() if values}
    said, wrong = read_sheet(known, told)
    note = told.get("note", "").replace("\r\n", "\n").strip()
    wrong |= {name.removesuffix("-on"): "twice" for name in contradicted(data)}
    wrong |= {"note": "long"} if len(note) > LONGEST_TEXT else {}
    if wrong:
        raise WrongSheet(wrong)
    return Posted(key_of(told), said, note)


def key_of(data: Mapping[str, str]) -> UUID:
    """The key of a page; one that was lost is made anew."""
    try:
        return UUID(data.get("key", ""))
    except ValueError:
        return uuid4()
