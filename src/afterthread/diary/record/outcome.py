"""What came of it, in the patient's own word: a few questions at fixed times, open to be said late or anew."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from afterthread.clinic import clock
from afterthread.clinic.case import protocol_of
from afterthread.clinic.flow.record.outcome import tell_outcome
from afterthread.clinic.models import Outcome
from afterthread.clinic.queries.record.outcome import Moment, Result, results_of
from afterthread.clinic.queries.recovery import speakable
from afterthread.clinic.questionnaire import LONGEST_TEXT
from afterthread.clinic.roles import Conflict, Viewer
from afterthread.diary.message import TextField
from afterthread.diary.page import herself, page, show
from afterthread.engine.explain import Words

POINTS = {
    "2w": gettext_lazy("Two weeks"), "1m": gettext_lazy("One month"), "3m": gettext_lazy("Three months"),
    "6m": gettext_lazy("Six months"), "12m": gettext_lazy("Twelve months"), "18m": gettext_lazy("Eighteen months"),
}  # fmt: skip
GRADES = (
    (5, gettext_lazy("As good as I hoped")), (4, gettext_lazy("Clearly better")), (3, gettext_lazy("Somewhat better")),
    (2, gettext_lazy("No change")), (1, gettext_lazy("Worse than before")),
)  # fmt: skip
SATISFACTION = (
    (5, gettext_lazy("Very satisfied")), (4, gettext_lazy("Satisfied")), (3, gettext_lazy("Neither")),
    (2, gettext_lazy("Dissatisfied")), (1, gettext_lazy("Very dissatisfied")),
)  # fmt: skip
REPEAT = (("yes", gettext_lazy("Yes")), ("partly", gettext_lazy("Not sure")), ("no", gettext_lazy("No")))
VISIBLE = (("yes", gettext_lazy("Yes")), ("partly", pgettext_lazy("effect", "A little")), ("no", gettext_lazy("No")))


def _tiles(label: Any, choices: Any) -> forms.TypedChoiceField:
    numbers = isinstance(choices[0][0], int)
    return forms.TypedChoiceField(
        label=label, choices=choices, widget=forms.RadioSelect, required=False, coerce=int if numbers else str,
        empty_value=None if numbers else "",
    )  # fmt: skip


class OutcomeForm(forms.Form):
    """Four taps, and words if she likes; its key makes sending it twice harmless."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    session = forms.UUIDField(widget=forms.HiddenInput)
    point = forms.ChoiceField(widget=forms.HiddenInput, choices=[(point, point) for point in POINTS])
    improvement = _tiles(gettext_lazy("Compared with before, how is it?"), GRADES)
    satisfaction = _tiles(gettext_lazy("How satisfied are you?"), SATISFACTION)
    would_repeat = _tiles(gettext_lazy("Would you have it done again?"), REPEAT)
    still_visible = _tiles(gettext_lazy("Can you still see the effect?"), VISIBLE)
    words = TextField(
        label=gettext_lazy("Anything else?"), required=False, max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """One answer at least."""
        said = super().clean() or {}
        if not self.errors and not any(self.said.values()):
            raise ValidationError(_("Answer at least one of the questions."))
        return said

    @property
    def said(self) -> dict[str, Any]:
        """What the verb takes."""
        names = ("improvement", "satisfaction", "would_repeat", "still_visible", "words")
        return {name: self.cleaned_data.get(name) for name in names}


@page("GET", "HEAD", "POST")
def outcome(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The questions of the point that is due, or of the one that was asked for; and what she said before."""
    at = clock.now()
    results = results_of(viewer, herself(viewer), at)
    form = OutcomeForm(request.POST) if request.method == "POST" else None
    if form is not None and form.is_valid() and _told(request, viewer, results, form, at):
        return redirect("diary:outcome")
    chosen = _chosen(request, results)
    if form is None and chosen is not None:
        form = _fresh(*chosen)
    context = {
        "results": [(result, _lines(result)) for result in results],
        "chosen": chosen,
        "form": form,
        "expected": _expected(viewer, chosen[0]) if chosen else [],
        "title": POINTS[chosen[1].point] if chosen else "",
        "bad": next((one for result in results if (one := result.now) and _is_bad(one.mine)), None),
    }
    return show(request, viewer, "diary/outcome.html", context, status=400 if form and form.errors else 200)


def _told(
    request: HttpRequest, viewer: Viewer, results: list[Result], form: OutcomeForm, at: datetime
) -> bool:  # fmt: skip
    """Keep what was said; whether it could be kept."""
    told = form.cleaned_data
    result = next((one for one in results if one.procedure.pk == told["session"]), None)
    if result is None:
        form.add_error(None, _("This session is not there any more. Go back to today."))
        return False
    try:
        tell_outcome(
            viewer=viewer, procedure=result.procedure, key=told["key"], point=told["point"], at=at, **form.said
        )
    except Conflict:
        form.add_error(None, _("It is too early for this. Your clinic asks when it is time."))
        return False
    messages.success(request, _("Thank you. Your clinic can read it."))
    return True


def _chosen(request: HttpRequest, results: list[Result]) -> tuple[Result, Moment] | None:
    """The point that the address or the sent page names, or the one that is due."""
    asked = request.POST if request.method == "POST" else request.GET
    session, point = asked.get("session", ""), asked.get("point", "")
    for result in results:
        moment = result.moment(point)
        if moment and moment.reached and session in ("", str(result.procedure.pk)):
            return result, moment
    return next(((result, result.asked) for result in results if result.asked), None)


def _fresh(result: Result, moment: Moment) -> OutcomeForm:
    """The form as it stands at first: with what she said the last time, if she changes her mind."""
    said = moment.mine
    names = ("improvement", "satisfaction", "would_repeat", "still_visible", "words")
    last = {name: getattr(said, name) for name in names} if said else {}
    return OutcomeForm(initial={"key": uuid4(), "session": result.procedure.pk, "point": moment.point, **last})


def _lines(result: Result) -> list[tuple[Any, Moment, list[tuple[Any, Any]]]]:
    """Every point that has come, the latest first, with what she said in words."""
    come = [one for one in result.moments if one.reached]
    return [(POINTS[one.point], one, _in_words(one.mine)) for one in reversed(come)]


def _in_words(said: Outcome | None) -> list[tuple[Any, Any]]:
    if said is None:
        return []
    told = (
        (_("Compared with before"), dict(GRADES).get(said.improvement or 0)),
        (_("Satisfaction"), dict(SATISFACTION).get(said.satisfaction or 0)),
        (_("Again?"), dict(REPEAT).get(said.would_repeat)),
        (_("Effect still to be seen"), dict(VISIBLE).get(said.still_visible)),
        (_("In your words"), said.words),
    )
    return [(name, value) for name, value in told if value]


def _is_bad(said: Outcome | None) -> bool:
    return said is not None and (said.improvement == Outcome.Grade.WORSE or said.satisfaction == 1)


def _expected(viewer: Viewer, result: Result) -> list[tuple[str, str]]:
    known = protocol_of(result.procedure)
    return result.expected(Words(known, speakable(known, herself(viewer).language)))


def asked_of(viewer: Viewer, at: datetime) -> dict[str, Any] | None:
    """What today and the plan say of a point that is due: its name, and the session it is about."""
    for result in results_of(viewer, herself(viewer), at):
        if result.asked is not None:
            return {"title": POINTS[result.asked.point], "session": result.procedure.pk, "point": result.asked.point}
    return None


urlpatterns = [path("outcome", outcome, name="outcome")]
