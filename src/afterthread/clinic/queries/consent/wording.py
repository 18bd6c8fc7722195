"""The words of consent as they are read: in one language, in two versions side by side, and all texts of a clinic."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from itertools import groupby
from uuid import UUID

from django.db.models import Count, Q

from afterthread.clinic.models import ConsentText, Consultation, Signature
from afterthread.clinic.queries.consent.consent import PROCEDURE, digest_of, in_force
from afterthread.clinic.queries.scope import get, scope
from afterthread.clinic.roles import Missing, Viewer

BESIDE = 160
"""So much of what stayed is shown on each side of a change."""


@dataclass(frozen=True)
class Reading:
    """One text as somebody reads it, in one language."""

    text: ConsentText
    language: str
    title: str
    body: str

    @property
    def digest(self) -> str:
        """What a signature on these words is bound to."""
        return digest_of(self.title, self.body)

    @property
    def languages(self) -> list[str]:
        """The languages in which it can be read."""
        return list(self.text.words)


def read(text: ConsentText, language: str) -> Reading:
    """A text in a language, or in English, or in the only one that it speaks."""
    return read_only(text, next((one for one in (language, "en", *text.words) if one in text.words), ""))


def read_only(text: ConsentText, language: str) -> Reading:
    """A text in just this language; nothing where it does not speak it."""
    words = text.words.get(language, {"title": "", "body": ""})
    return Reading(text, language, words["title"], words["body"])


@dataclass(frozen=True)
class Signed:
    """A signature with the words on which it was given; `intact` says whether they are still the very same."""

    signature: Signature
    words: Reading
    intact: bool
    withdrawn: bool


def signed(signature: Signature) -> Signed:
    """A signature, with its digest made anew from the words that are kept."""
    words = read(signature.text, signature.language)
    intact = words.language == signature.language and words.digest == signature.digest
    return Signed(signature, words, intact, hasattr(signature, "withdrawal"))


def text_of(viewer: Viewer, id: UUID) -> ConsentText:
    """One text of the clinic; raises `Missing`."""
    return get(viewer, ConsentText, id, "clinic", "drafted_by__user", "published_by__user")


def shown_to(viewer: Viewer, id: UUID) -> ConsentText:
    """One text as patients may read it; raises `Missing` for one that was never published."""
    texts = ConsentText.objects.filter(clinic=viewer.own_clinic, published_at__isnull=False)
    found = texts.filter(pk=id).select_related("clinic").first()
    if found is None:
        raise Missing
    return found


def successor(viewer: Viewer, text: ConsentText, at: datetime) -> ConsentText | None:
    """The version of a text that is in force now, if any is."""
    return in_force(viewer.own_clinic, at).filter(purpose=text.purpose, region=text.region).first()


# -- What changed ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of words that stayed ("same"), went ("gone") or came ("new"), or is not shown again ("skipped")."""

    kind: str
    words: str


def changes(before: Reading, after: Reading) -> list[Piece]:
    """How two versions differ, word by word where lines differ."""
    was, now = (f"{one.title}\n\n{one.body}".splitlines(keepends=True) for one in (before, after))
    found: list[Piece] = []
    for kind, a, b, c, d in SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        if kind == "equal":
            found.append(Piece("same", "".join(was[a:b])))
        else:
            found += _words_between("".join(was[a:b]), "".join(now[c:d]))
    told = [one for one in found if one.words]
    joined = [Piece(kind, "".join(one.words for one in same)) for kind, same in groupby(told, lambda one: one.kind)]
    return [shorter for place, one in enumerate(joined) for shorter in _around(one, place, len(joined))]


def _around(piece: Piece, place: int, count: int) -> list[Piece]:
    """A long stretch that stayed, only as far as it stands beside a change."""
    if piece.kind != "same" or len(piece.words) <= 3 * BESIDE:
        return [piece]
    begins = re.match(r".*\s", piece.words[:BESIDE], re.DOTALL)
    ends = re.search(r"\s.*", piece.words[-BESIDE:], re.DOTALL)
    head = [Piece("same", begins[0] if begins else piece.words[:BESIDE])] if place > 0 else []
    tail = [Piece("same", ends[0] if ends else piece.words[-BESIDE:])] if place < count - 1 else []
    return [*head, Piece("skipped", ""), *tail]


def _words_between(before: str, after: str) -> Iterator[Piece]:
    was, now = (re.findall(r"\w+|\s+|[^\w\s]", one) for one in (before, after))
    for kind, a, b, c, d in SequenceMatcher(None, was, now).get_opcodes():
        if kind == "equal":
            yield Piece("same", "".join(was[a:b]))
        else:
            yield from (Piece("gone", "".join(was[a:b])), Piece("new", "".join(now[c:d])))


# -- All texts of a clinic ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Version:
    """One version with how many people's signatures stand on it."""

    text: ConsentText
    signed: int

    @property
    def state(self) -> str:
        """Whether it is in force, a draft, retired, or a draft that was set aside."""
        return standing_of(self.text)


def standing_of(text: ConsentText) -> str:
    """Where a version is on its way: "draft", "aside", "in_force" or "retired"."""
    if text.published_at is None:
        return "draft" if text.retired_at is None else "aside"
    return "in_force" if text.retired_at is None else "retired"


@dataclass(frozen=True)
class Slot:
    """One text in all its versions, the newest first."""

    purpose: str
    region: str
    versions: list[Version]

    def version(self, state: str) -> Version | None:
        """The newest version in some state."""
        return next((one for one in self.versions if one.state == state), None)

    @property
    def in_force(self) -> Version | None:
        """The version that is signed now."""
        return self.version("in_force")

    @property
    def draft(self) -> Version | None:
        """The version that somebody writes."""
        return self.version("draft")


def slots_of(viewer: Viewer) -> list[Slot]:
    """Every text of the clinic by purpose and region, in the order of the purposes."""
    viewer.require("consent_text.read")
    stands = Count("signatures", filter=Q(signatures__withdrawal=None))
    rows = scope(viewer, ConsentText).annotate(signed=stands).order_by("purpose", "region", "-number")
    slots = [
        Slot(purpose, region, [Version(one, one.signed) for one in same])
        for (purpose, region), same in groupby(rows, lambda one: (one.purpose, one.region))
    ]
    order = ConsentText.Purpose.values
    return sorted(slots, key=lambda one: (order.index(one.purpose), one.region))


def versions_of(viewer: Viewer, text: ConsentText) -> list[ConsentText]:
    """All versions of the same text, the newest first."""
    return list(scope(viewer, ConsentText).filter(purpose=text.purpose, region=text.region).order_by("-number"))


def sign_again(viewer: Viewer, text: ConsentText, at: datetime) -> int:
    """How many people have a standing signature on an older version: of a procedure's, with a session ahead."""
    older = scope(viewer, Signature).filter(
        text__purpose=text.purpose, text__region=text.region, text__number__lt=text.number, withdrawal=None
    )
    if text.purpose == PROCEDURE:
        today = at.astimezone(viewer.own_clinic.zone).date()
        ahead = scope(viewer, Consultation).filter(closed_at=None, planned_on__gte=today)
        older = older.filter(consultation__in=ahead.exclude(procedures__signed_at__isnull=False))
    return older.values("patient").distinct().count()
