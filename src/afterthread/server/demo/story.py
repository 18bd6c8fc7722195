"""Who is in the demonstration, and what each of them went through; none of these people exists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from afterthread.clinic.roles import Role

PASSWORD = "afterthread-demo"  # noqa: S105 - printed at the start of every demonstration
BOTH_CLINICS = "vera@both.example"
Said = dict[str, Any]


def _hours(*, saturday: bool) -> dict[str, Any]:
    week = {day: [["09:00", "18:30"]] for day in ("monday", "tuesday", "wednesday", "thursday", "friday")}
    return {"weekly": {**week, **({"saturday": [["10:00", "14:00"]]} if saturday else {})}}


CLINICS: Mapping[str, dict[str, Any]] = {
    "linden": {
        "name": "Linden Clinic", "country": "DE", "time_zone": "Europe/Berlin", "phone": "+49 30 5550100",
        "on_call": "always", "on_call_phone": "+49 30 5550199", "hours": _hours(saturday=True),
        "out_of_hours": "Our on-call doctor answers day and night.",
        "staff": {
            Role.PRACTITIONER: "Dr Ines Falk", Role.NURSE: "Maria Okafor", Role.COORDINATOR: "Jonas Brandt",
            Role.ADMIN: "Petra Lang",
        },
    },
    "ahorn": {
        "name": "Ahorn Practice", "country": "AT", "time_zone": "Europe/Vienna", "phone": "+43 1 5550200",
        "on_call": "none", "hours": _hours(saturday=False),
        "out_of_hours": "At night and on weekends call the medical on-call service on 141, in an emergency 144.",
        "staff": {
            Role.PRACTITIONER: "Dr Paul Wimmer", Role.NURSE: "Eva Hrdlicka", Role.COORDINATOR: "Lena Moser",
            Role.ADMIN: "Karl Aigner",
        },
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One patient: today is `day`, and on the days in `said` she says more than ordinary healing."""

    name: str
    day: int
    born: int = 1980
    language: str = "en"
    zone: str = ""
    zones: tuple[str, ...] = ("cheek",)
    kind: str = "cog"
    material: str = "pdo"
    count: int = 4
    lot: str = "PDO-2607"
    risks: tuple[str, ...] = ()
    said: Mapping[int, Said] = field(default_factory=dict)
    silent: range = range(0)
    words: str = ""
    messages: tuple[tuple[float, str], ...] = ()
    minutes_ago: int = 45
    draft: bool = False

    def threads(self) -> Iterator[dict[str, Any]]:
        """The same on both sides of every zone."""
        for zone in self.zones:
            for side in ("left", "right"):
                yield {
                    "zone": zone, "side": side, "kind": self.kind, "material": self.material, "layer": "subcutaneous",
                    "fixation": "barbs" if self.kind == "cog" else "none", "path": "linear", "purpose": "lift",
                    "count": self.count, "product": f"{self.material.upper()} {self.kind} 19G", "lot": self.lot,
                }  # fmt: skip


PEAK, SUBSIDING, BRUISED = range(3), range(3, 6), range(1, 8)
"""The days of an ordinary swelling, of its end, and of a bruise."""


def day_of_healing(day: int, random: Random) -> Said:
    """What an ordinary recovery says on a day: less every time, and then nothing."""
    said: Said = {}
    if day in PEAK:
        said |= {"swelling": SWOLLEN, "pain": SORE}
    elif day in SUBSIDING:
        said["swelling"] = PUFFY
    if day in BRUISED and random.choice((True, True, False)):
        said["bruise"] = "mild"
    return said


SWOLLEN, PUFFY = {"level": "moderate", "side": "both"}, {"level": "mild", "side": "both"}
SORE = {"level": "mild", "side": "both"}

TROUBLES = (
    Story(name="Anna Lindqvist", born=1982, day=4, said={3: {"swelling": PUFFY, "bruise": "mild"}}),
    Story(
        name="Beatrix Vogel",
        born=1974,
        day=5,
        lot="PDO-2611",
        minutes_ago=50,
        said={3: {"swelling": PUFFY}, 4: {"swelling": PUFFY}, 5: {"swelling": SWOLLEN, "pain": SORE}},
        words="It was nearly gone on Tuesday, now my left cheek is as thick as after the first night.",
    ),
    Story(
        name="Carmen Ruiz",
        born=1969,
        day=2,
        minutes_ago=6,
        zones=("cheek", "periocular"),
        kind="mono",
        count=6,
        said={2: {"vision": "yes", "pain": {"level": "moderate", "side": "one", "zone": "periocular"}}},
        words="Since this morning everything is blurred on the right.",
    ),
    Story(
        name="Дарья Ковалёва",
        born=1979,
        language="ru",
        day=6,
        lot="PDO-2611",
        risks=("diabetes",),
        minutes_ago=130,
        said={5: {"redness": "mild"}, 6: {"redness": {"level": "moderate", "zone": "cheek"}, "fever": "yes"}},
        words="Покраснение стало больше, 38,2.",
    ),
    Story(
        name="Elif Demir",
        born=1988,
        day=26,
        zones=("cheek", "jawline"),
        material="pcl",
        lot="PCL-0402",
        said={21: {"dimple": {"level": "mild", "zone": "cheek"}}, 25: {"dimple": {"level": "mild", "zone": "cheek"}}},
    ),
    Story(name="Fenna de Vries", born=1965, day=9, silent=range(3, 10), said={2: {"swelling": SWOLLEN}}),
    Story(
        name="Grace Adeyemi",
        born=1977,
        day=9,
        silent=range(8, 10),
        said={7: {"lump": "mild", "redness": "moderate", "fever": "yes"}},
    ),
    Story(
        name="Hannah Weiss",
        born=1991,
        day=8,
        messages=((7.9, "May I go to the sauna on Sunday? I read two different things."),),
    ),
    Story(
        name="Ирина Соколова",
        born=1972,
        language="ru",
        day=15,
        zones=("jawline",),
        messages=((14.6, "Под подбородком чувствую нить. Это нормально?"),),
    ),
    Story(
        name="Julia Novak",
        born=1984,
        day=4,
        minutes_ago=200,
        zones=("brow",),
        kind="mono",
        said={4: {"expression": "mild", "bruise": "moderate"}},
    ),
    Story(name="Katarina Holm", born=1970, day=0, draft=True),
    Story(name="Leila Amrani", born=1987, day=0, draft=True),
    Story(name="Lucia Bianchi", born=1986, day=0, minutes_ago=30, said={0: {"pain": SORE}}),
)

LONG_AGO = 12
PASSED: tuple[Mapping[int, Said], ...] = (
    {5: {"redness": "moderate"}},
    {8: {"swelling": SWOLLEN}},
    {},
    {6: {"thread_out": "yes"}},
    {10: {"lump": {"level": "moderate", "trend": "worse"}}},
    {3: {"expression": "mild"}},
    {7: {"fever": "yes"}},
)
"""What earlier patients went through; it was looked at then."""

HEALING = tuple(
    Story(
        name=name,
        born=1960 + 3 * place % 38,
        day=day,
        zones=zones,
        material=material,
        kind=kind,
        lot=lot,
        said=PASSED[place % len(PASSED)] if day > LONG_AGO else {},
    )
    for place, (name, day, zones, material, kind, lot) in enumerate(
        [
            ("Maja Kowalski", 1, ("cheek",), "pdo", "cog", "PDO-2611"),
            ("Nora Haas", 1, ("jawline",), "pcl", "cog", "PCL-0419"),
            ("Olga Brunner", 2, ("cheek", "jawline"), "plla", "cone", "PLA-1102"),
            ("Pia Sundström", 3, ("brow",), "pdo", "mono", "PDO-2598"),
            ("Rosa Martins", 3, ("neck",), "pdo", "mono", "PDO-2598"),
            ("Sofia Greco", 4, ("cheek",), "pdo", "cog", "PDO-2607"),
            ("Tamara Ilić", 5, ("cheek",), "plla", "cone", "PLA-1102"),
            ("Ulla Jensen", 6, ("jawline",), "pdo", "cog", "PDO-2607"),
            ("Valentina Rossi", 7, ("cheek",), "pcl", "cog", "PCL-0419"),
            ("Wilma Peeters", 8, ("cheek", "neck"), "pdo", "cog", "PDO-2607"),
            ("Xenia Petrou", 10, ("brow",), "pdo", "mono", "PDO-2598"),
            ("Yara Haddad", 12, ("cheek",), "pdo", "cog", "PDO-2588"),
            ("Zofia Nowicka", 14, ("jawline",), "plla", "cone", "PLA-1102"),
            ("Amelie Roux", 17, ("cheek",), "pdo", "cog", "PDO-2588"),
            ("Birgit Olsen", 21, ("cheek",), "pdo", "cog", "PDO-2588"),
            ("Chiara Conti", 24, ("neck",), "pdo", "mono", "PDO-2570"),
            ("Dana Horvat", 28, ("cheek", "jawline"), "pcl", "cog", "PCL-0402"),
            ("Emma Lindgren", 33, ("cheek",), "pdo", "cog", "PDO-2570"),
            ("Franziska Kern", 45, ("brow",), "pdo", "mono", "PDO-2570"),
            ("Giulia Ferri", 60, ("cheek",), "plla", "cone", "PLA-1090"),
            ("Helena Costa", 75, ("jawline",), "pdo", "cog", "PDO-2551"),
            ("Ingrid Dahl", 92, ("cheek",), "pcl", "cog", "PCL-0402"),
            ("Jasmin Aydin", 120, ("cheek",), "pdo", "cog", "PDO-2551"),
            ("Klara Fuchs", 150, ("neck",), "pdo", "mono", "PDO-2530"),
            ("Lena Oravec", 181, ("cheek",), "plla", "cone", "PLA-1071"),
            ("Mirela Popescu", 270, ("jawline",), "pdo", "cog", "PDO-2502"),
            ("Nadia Rahimi", 365, ("cheek",), "pcl", "cog", "PCL-0377"),
            ("Paula Sanz", 380, ("cheek",), "pdo", "cog", "PDO-2490"),
        ]
    )
)

STORIES: Mapping[str, tuple[Story, ...]] = {
    "linden": (*TROUBLES, *HEALING),
    "ahorn": (
        Story(
            name="Anna Lindner",
            born=1990,
            day=3,
            minutes_ago=75,
            said={3: {"swelling": {"level": "severe", "side": "one"}, "pain": {"level": "moderate", "side": "one"}}},
        ),
        Story(name="Bettina Gruber", born=1968, day=7, silent=range(4, 8)),
        Story(name="Claudia Pichler", born=1975, day=14, zones=("jawline",)),
        Story(name="Doris Steiner", born=1981, day=1),
        Story(name="Elisabeth Wagner", born=1959, day=30, material="pcl", lot="PCL-0419"),
        Story(name="Friederike Bauer", born=1985, day=5, zones=("brow",), kind="mono"),
        Story(name="Gerda Huber", born=1971, day=90),
        Story(
            name="Hermine Leitner", born=1977, day=10,
            messages=((9.5, "When may I have my teeth cleaned?"),),
        ),
    ),
}  # fmt: skip
