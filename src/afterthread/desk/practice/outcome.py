"""What came of it, at the desk: the clinician's assessment beside the patient's, and the figures of a clinic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from afterthread.clinic import clock
from afterthread.clinic.case import protocol_of
from afterthread.clinic.flow.record.outcome import tell_outcome
from afterthread.clinic.knowledge import in_force
from afterthread.clinic.models import Complication, Consultation, Outcome, ProcedureVersion, Removal
from afterthread.clinic.queries.procedure import version_of
from afterthread.clinic.queries.record.outcome import Moment, Result, result_of
from afterthread.clinic.queries.record.overview import FILTERS, PointFigures, Share, Side, overview
from afterthread.clinic.queries.scope import scope
from afterthread.clinic.roles import Conflict, Viewer
from afterthread.desk.form import text
from afterthread.desk.page import page, words_of
from afterthread.desk.practice.figure import percent
from afterthread.desk.procedure.record import record_of
from afterthread.engine.explain import Words

POINTS = {
    "2w": gettext_lazy("Two weeks"), "1m": gettext_lazy("One month"), "3m": gettext_lazy("Three months"),
    "6m": gettext_lazy("Six months"), "12m": gettext_lazy("Twelve months"), "18m": gettext_lazy("Eighteen months"),
}  # fmt: skip
GRADES = {
    1: gettext_lazy("worse than before"), 2: gettext_lazy("no change"), 3: gettext_lazy("somewhat better"),
    4: gettext_lazy("clearly better"), 5: gettext_lazy("as good as hoped"),
}  # fmt: skip
SATISFACTION = {
    1: gettext_lazy("very dissatisfied"), 2: gettext_lazy("dissatisfied"), 3: gettext_lazy("neither"),
    4: gettext_lazy("satisfied"), 5: gettext_lazy("very satisfied"),
}  # fmt: skip
THREE = {
    "yes": gettext_lazy("yes"),
    "partly": pgettext_lazy("outcome", "partly, or not sure"),
    "no": gettext_lazy("no"),
}
BAR, HEIGHT, GAP, SIDE_GAP, LABEL, TOP = 400, 16, 3, 14, 112, 4
"""The bars of the grades, in units of the drawing: how long they are together, how high, how far apart."""
OPACITY = {1: "1", 2: "0.2", 3: "0.45", 4: "0.7", 5: "1"}


# -- One procedure ----------------------------------------------------------------------------------------------------


class AssessForm(forms.Form):
    """The clinician's own assessment; satisfaction is the patient's alone."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    point = forms.ChoiceField(label=gettext_lazy("At"))
    improvement = forms.TypedChoiceField(
        label=gettext_lazy("Compared with before"), choices=list(reversed(GRADES.items())), widget=forms.RadioSelect,
        coerce=int, error_messages={"required": gettext_lazy("Choose one of the five.")},
    )  # fmt: skip
    still_visible = forms.ChoiceField(
        label=gettext_lazy("Is the effect still to be seen?"), choices=list(THREE.items()), widget=forms.RadioSelect,
        required=False,
    )  # fmt: skip
    words = text(gettext_lazy("Remark"), rows=3)

    def __init__(self, *args: Any, moments: tuple[Moment, ...], **more: Any) -> None:
        """Only the points that are near enough can be chosen."""
        super().__init__(*args, **more)
        point = self.fields["point"]
        if isinstance(point, forms.ChoiceField):
            point.choices = [(one.point, POINTS[one.point]) for one in moments if one.opens]


@page("patient.read", "GET", "POST", of=ProcedureVersion)
def outcome(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Show both sides at every point, and take the clinician's."""
    version, at, status = version_of(viewer, id), clock.now(), 200
    result = result_of(viewer, version.procedure, at)
    form = AssessForm(request.POST or None, moments=result.moments, initial=_initial(result))
    if request.method == "POST":
        viewer.require("outcome.told")
        status = 422
        if form.is_valid():
            try:
                tell_outcome(viewer=viewer, procedure=version.procedure, at=at, **form.cleaned_data)
            except Conflict:
                form.add_error(None, _("It is too early for this point."))
            else:
                messages.success(request, _("The assessment is kept."))
                return redirect("desk:outcome", viewer.own_clinic.slug, id)
    return render(request, "desk/outcome.html", _told(viewer, version, result, form), status=status)


def _initial(result: Result) -> dict[str, Any]:
    near = [one.point for one in result.moments if one.opens]
    return {"key": uuid4(), "point": near[-1] if near else ""}


def _told(viewer: Viewer, version: ProcedureVersion, result: Result, form: AssessForm) -> dict[str, Any]:
    """Both sides, and the facts before and after."""
    known = protocol_of(version.procedure)
    words = words_of(known)
    consultation = version.procedure.consultation
    return {
        "viewer": viewer,
        "clinic": viewer.own_clinic,
        "patient": version.patient,
        "version": result.version,
        "record": record_of(result.version),
        "consultation": consultation,
        "indications": _indications(words, consultation),
        "complications": scope(viewer, Complication).filter(procedure=version.procedure).count(),
        "removals": scope(viewer, Removal).filter(procedure=version.procedure, successor=None).count(),
        "expected": result.expected(words),
        "notice": words.notice(known.stamp),
        "lines": [(POINTS[one.point], one, _in_words(one.mine), _in_words(one.theirs)) for one in result.moments],
        "form": form if form.fields["point"].choices else None,  # type: ignore[attr-defined]  # a choice, see above
        "may": viewer.may("outcome.told"),
    }  # fmt: skip


def _indications(words: Words, consultation: Consultation | None) -> str:
    return ", ".join(_name(words, "indication", id) for id in (consultation.indications if consultation else []))


def _name(words: Words, section: str, id: str) -> str:
    return words.of(f"{section}.{id}", "name") if id in words.protocol[section] else id


def _in_words(said: Outcome | None) -> list[tuple[str, Any]]:
    """One assessment: what was asked and what was answered."""
    if said is None:
        return []
    told = (
        (_("compared with before"), GRADES.get(said.improvement or 0)),
        (_("satisfaction"), SATISFACTION.get(said.satisfaction or 0)),
        (_("would have it again"), THREE.get(said.would_repeat)),
        (_("effect still to be seen"), THREE.get(said.still_visible)),
        (_("in words"), said.words),
    )
    return [(name, value) for name, value in told if value]


# -- The whole clinic -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bar:
    """One part of a bar."""

    x: int
    y: int
    width: int
    grade: int
    hits: int
    opacity: str


@dataclass(frozen=True)
class Told:
    """A share as people read it, never without what it is of; of few there is no share."""

    hits: int
    n: int
    share: str
    interval: str


@page("outcomes.read")
def outcomes(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Every point with its counts, for all procedures or for those with certain threads."""
    chosen = {name: request.GET.get(name, "") for name in FILTERS}
    found = overview(viewer, clock.now(), **chosen)
    words = words_of(in_force(viewer.own_clinic))
    context = {
        "viewer": viewer,
        "clinic": viewer.own_clinic,
        "counted": found.counted,
        "filters": [
            (name, title, [(id, _name(words, name, id), id == chosen[name]) for id in found.choices[name]])
            for name, title in (("material", _("Material")), ("kind", _("Kind")), ("zone", _("Zone")))
        ],
        "any_chosen": any(chosen.values()),
        "points": [_figures(one) for one in found.points],
        "chart": _chart(found.points),
    }
    return render(request, "desk/outcomes.html", context)


def _figures(one: PointFigures) -> dict[str, Any]:
    """One point in words."""
    return {
        "title": POINTS[one.point],
        "id": one.point,
        "due": one.due,
        "groups": _groups(one),
        "agreement": [(_("same grade"), _tell(one.same)), (_("at most one grade apart"), _tell(one.near))],
        "both": one.same.n,
        "patient_higher": one.patient_higher,
        "clinician_higher": one.clinician_higher,
    }


Row = tuple[Any, "Told", "Told | None"]


def _groups(one: PointFigures) -> list[tuple[Any, list[Row]]]:
    """What was asked, and how often each answer was given by either side; some is asked of patients only."""
    return [
        (_("Said anything"), [(_("answered"), _tell(one.patient.answered), _tell(one.clinician.answered))]),
        (_("Compared with before"), _rows(GRADES, one.patient.grades, one.clinician.grades)[::-1]),
        (_("Effect still to be seen"), _rows(THREE, one.patient.visible, one.clinician.visible)),
        (_("Satisfaction"), _rows(SATISFACTION, one.satisfaction)[::-1]),
        (_("Would have it again"), _rows(THREE, one.repeat)),
    ]


def _rows(names: dict[Any, Any], hers: tuple[Share, ...], theirs: tuple[Share, ...] = ()) -> list[Row]:
    other: list[Told | None] = [_tell(one) for one in theirs] or [None] * len(hers)
    return [(name, _tell(one), two) for name, one, two in zip(names.values(), hers, other, strict=True)]


def _tell(share: Share) -> Told:
    interval = share.interval
    if interval is None or share.few:
        return Told(share.hits, share.n, "", "")
    return Told(share.hits, share.n, percent(share.share), f"{interval[0] * 100:.0f}–{interval[1] * 100:.0f} %")


def _chart(points: tuple[PointFigures, ...]) -> dict[str, Any]:
    """The grades at each point as one bar for each side, from worse to as good as hoped; few are not drawn."""
    rows: list[dict[str, Any]] = []
    y = TOP
    for one in points:
        for name, side in ((_("patients"), one.patient), (_("clinicians"), one.clinician)):
            n = side.grades[0].n
            bars = _bars(side, y) if n and not side.grades[0].few else []
            title = POINTS[one.point] if not rows or rows[-1]["point"] != one.point else ""
            rows.append({"point": one.point, "title": title, "name": name, "n": n, "y": y, "mid": y + 12, "bars": bars})
            y += HEIGHT + GAP
        y += SIDE_GAP
    width = 2 * LABEL + BAR + 8
    legend = [(grade, name, OPACITY[grade], (grade - 1) * width // len(GRADES)) for grade, name in GRADES.items()]
    size = {"width": width, "height": y + HEIGHT + TOP, "foot": y, "left": 2 * LABEL, "label": LABEL}
    return {**size, "rows": rows, "legend": legend}


def _bars(side: Side, y: int) -> list[Bar]:
    """The parts of one bar; the rounded ends meet."""
    bars, done = [], 0
    for grade, share in enumerate(side.grades, 1):
        begin, end = (2 * LABEL + round(BAR * part / share.n) for part in (done, done + share.hits))
        done += share.hits
        if share.hits:
            bars.append(Bar(begin, y, max(end - begin - 1, 1), grade, share.hits, OPACITY[grade]))
    return bars


urlpatterns = [
    path("<slug:clinic>/outcomes/", outcomes, name="outcomes"),
    path("<slug:clinic>/procedures/<uuid:id>/outcome", outcome, name="outcome"),
]
