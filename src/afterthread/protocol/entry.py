"""The sections of a protocol: one frozen dataclass per kind of knowledge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from afterthread.protocol.model import Box, Days, Entry, Grade, Offset, Urgency

# -- sources.toml ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Source(Entry):
    """A paper, leaflet or page outside the commissioning document."""

    section: ClassVar[str] = "source"
    title: str
    grade: Grade
    url: str = ""
    says: str = ""


@dataclass(frozen=True, kw_only=True)
class Claim(Entry):
    """One factual claim of the commissioning document, in our own words."""

    section: ClassVar[str] = "claim"
    document: str
    lines: str
    category: str
    says: str
    set_aside: Literal[
        "", "marketing", "lost_in_translation", "unsafe", "contradicted", "unsupported", "false", "vague"
    ] = ""
    why: str = ""


# -- choices.toml ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Choice(Entry):
    """A place where sources disagree, what is adopted, and which entries follow it."""

    section: ClassVar[str] = "choice"
    words: ClassVar = ("title", "document", "others", "adopted", "why")
    followed_by: tuple[str, ...] = ()
    safer: bool = True


# -- questions.toml ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Scale(Entry):
    """The allowed answers of a question, from "no" upwards: each later value is worse."""

    section: ClassVar[str] = "scale"
    values: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Group(Entry):
    """Questions shown together, closed by one "none of these"."""

    section: ClassVar[str] = "group"
    words: ClassVar = ("title", "none")
    order: int


@dataclass(frozen=True, kw_only=True)
class Modifier(Entry):
    """A yes/no fact about the person or the procedure that shifts windows or raises what is not expected.

    It is asked, or follows from the record when `age_from`, `zones`, `kinds`, `materials` or `threads_from` is given.
    """

    section: ClassVar[str] = "modifier"
    words: ClassVar = ("name", "ask")
    raises: bool = False
    zones: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    materials: tuple[str, ...] = ()
    threads_from: int = 0
    age_from: int = 0


@dataclass(frozen=True, kw_only=True)
class Question(Entry):
    """One thing a patient is asked or can volunteer."""

    section: ClassVar[str] = "question"
    words: ClassVar = ("name", "ask")
    optional_words: ClassVar = ("help",)
    group: str
    scale: str
    side: bool = False
    trend: bool = False
    zone: bool = False
    red_flag: bool = False
    asked: tuple[Days, ...] = ()


# -- course.toml -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Shift:
    """Days added to (or taken from) the window of `answers` (none named: all) when a modifier is present."""

    modifier: str
    days: int
    answers: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Course(Entry):
    """What is normal on which day for one question; `until` is the last expected day per answer."""

    section: ClassVar[str] = "course"
    words: ClassVar = ("expected", "past")
    onset: int = 0
    peak: Days
    until: Mapping[str, int]
    shift: tuple[Shift, ...] = ()
    past: Urgency = Urgency.ROUTINE
    raised: bool = True
    do: tuple[str, ...] = ()
    past_do: tuple[str, ...] = ()
    suspects: tuple[str, ...] = ()
    hazard: str


# -- rules.toml --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Hazard(Entry):
    """The harm that follows if a rule or window is wrong."""

    section: ClassVar[str] = "hazard"
    words: ClassVar = ("harm",)


@dataclass(frozen=True, kw_only=True)
class Action(Entry):
    """One thing to do now, for the patient or the clinic; `up_to` is the highest urgency at which it is still said."""

    section: ClassVar[str] = "action"
    words: ClassVar = ("do",)
    up_to: Urgency = Urgency.EMERGENCY
    by: Literal["patient", "clinic"] = "patient"


@dataclass(frozen=True, kw_only=True)
class Rule(Entry):
    """When -> urgency, because, do. Several boxes mean "any of"."""

    section: ClassVar[str] = "rule"
    words: ClassVar = ("because",)
    when: tuple[Box, ...]
    urgency: Urgency
    raised: bool = True
    do: tuple[str, ...]
    suspects: tuple[str, ...] = ()
    hazard: str


# -- screening.toml ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Condition(Entry):
    """Something about a person that forbids, limits or complicates the procedure."""

    section: ClassVar[str] = "condition"
    words: ClassVar = ("ask", "because", "do")
    kind: Literal["absolute", "relative", "caution", "drug"]
    age_from: int = 0
    regions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Timing(Entry):
    """Days between an event and the procedure that clash: procedure day minus event day, inclusive."""

    section: ClassVar[str] = "timing"
    words: ClassVar = ("ask", "because")
    clash_from: int
    clash_to: int


@dataclass(frozen=True, kw_only=True)
class Indication(Entry):
    """What threads may be used for, or (fit = "no") what they cannot do."""

    section: ClassVar[str] = "indication"
    words: ClassVar = ("name", "limit")
    fit: Literal["yes", "limited", "no"]
    zones: tuple[str, ...] = ()


# -- technique.toml ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Layer(Entry):
    """A tissue layer; `depth` orders them from the surface down."""

    section: ClassVar[str] = "layer"
    words: ClassVar = ("name",)
    depth: int


@dataclass(frozen=True, kw_only=True)
class Zone(Entry):
    """A place on the face, neck, nose or body."""

    section: ClassVar[str] = "zone"
    words: ClassVar = ("name",)
    region: Literal["face", "neck", "nose", "body"]
    muscles: tuple[str, ...] = ()
    dangers: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Kind(Entry):
    """A kind of thread and the layers made for it."""

    section: ClassVar[str] = "kind"
    words: ClassVar = ("name", "note")
    layers: tuple[str, ...]
    fixation: Literal["none", "barbs", "cones", "knots", "mesh", "anchor"]
    lifts: bool


@dataclass(frozen=True, kw_only=True)
class Material(Entry):
    """What a thread is made of; `absorbed` in days, None where it stays."""

    section: ClassVar[str] = "material"
    words: ClassVar = ("name", "note")
    absorbed: Days | None = None


@dataclass(frozen=True, kw_only=True)
class Muscle(Entry):
    """A facial muscle and its line of pull on the patient's left side.

    `direction` in degrees: 0 points to the side of the face (away from the midline), 90 up; a line, so 200 is 20.
    """

    section: ClassVar[str] = "muscle"
    words: ClassVar = ("name", "moves")
    direction: int


@dataclass(frozen=True, kw_only=True)
class Danger(Entry):
    """A structure a needle or thread must not hit, and what is at stake."""

    section: ClassVar[str] = "danger"
    words: ClassVar = ("name", "risk")
    suspects: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Advice(Entry):
    """A remark on one thread as placed, when its facts match every condition."""

    section: ClassVar[str] = "advice"
    words: ClassVar = ("says", "why")
    level: Literal["stop", "warn", "note"]
    when: Mapping[str, tuple[str, ...]]
    suspects: tuple[str, ...] = ()


# -- steps.toml --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Step(Entry):
    """Something forbidden, allowed, to be done or due, from `start` until just before `end`, or on given `days`."""

    section: ClassVar[str] = "step"
    words: ClassVar = ("title", "why")
    kind: Literal["forbidden", "allowed", "care", "preparation", "visit", "checkin", "photo", "window"]
    topic: str
    start: Offset | None = None
    end: Offset | None = None
    days: tuple[int, ...] = ()
    regions: tuple[str, ...] = ()
    modifiers: tuple[str, ...] = ()


# -- pathways.toml -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class PathwayStep:
    """What the clinician does next and by when, counted from the opening of the complication."""

    id: str
    within: Offset
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Pathway(Entry):
    """A complication: its usual onset, what is done about it in order, and whether threads come out."""

    section: ClassVar[str] = "pathway"
    words: ClassVar = ("name", "what", "signs", "causes", "steps", "removal", "record", "prevention")
    urgency: Urgency
    nature: Literal["sequela", "complication", "dissatisfaction"]
    onset: Days
    steps: tuple[PathwayStep, ...]
    removal: Literal["never", "rarely", "clinician_decides", "usually", "always"]


@dataclass(frozen=True, kw_only=True)
class Removal(Entry):
    """A fact about taking threads out."""

    section: ClassVar[str] = "removal"
    words: ClassVar = ("says",)
    path: Literal["", "linear", "loop"] = ""
    punctures: int | None = None
    after_days: int | None = None


# -- outcome.toml ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Effect(Entry):
    """When the effect of a material shows, is clear and is gone (days); the id is the material's."""

    section: ClassVar[str] = "effect"
    words: ClassVar = ("says",)
    shows: Days
    lasts: Days


@dataclass(frozen=True, kw_only=True)
class Promise(Entry):
    """A sentence about the result that may, or may not, be said to a patient."""

    section: ClassVar[str] = "promise"
    words: ClassVar = ("says",)
    honest: bool


ENTRIES: tuple[type[Entry], ...] = (
    Source, Claim, Choice, Scale, Group, Modifier, Question, Course, Hazard, Action, Rule, Condition, Timing,
    Indication, Layer, Zone, Kind, Material, Muscle, Danger, Advice, Step, Pathway, Removal, Effect, Promise,
)  # fmt: skip
