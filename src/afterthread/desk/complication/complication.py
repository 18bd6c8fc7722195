"""Complications: the list of a clinic, opening a case, and the one page on which a case is worked through."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from afterthread.clinic import case, clock
from afterthread.clinic.flow.record import complication as flow
from afterthread.clinic.models import Complication, Decision, ProcedureVersion
from afterthread.clinic.queries.complication import complication as queries
from afterthread.clinic.queries.complication.judgement import JUDGED, About, Unfit
from afterthread.clinic.queries.procedure import version_of
from afterthread.clinic.queries.scope import scope
from afterthread.clinic.roles import Conflict, Missing, Viewer
from afterthread.desk.complication.case import ASKED, Shown, told_thread
from afterthread.desk.complication.form import CaseForm, OpeningForm, moment_of
from afterthread.desk.complication.picture import picture_of
from afterthread.desk.page import View, page, words_of
from afterthread.engine.explain import Words
from afterthread.engine.plain import read_decision
from afterthread.protocol.model import UNKNOWN

Said = dict[str, Any]
LONGEST_NUMBER = 19
NEEDED = (
    "pathway", "nature", "grade", "technique", "step", "needed", "day", "time", "note", "outcome", "closing",
    "reopening",
)  # fmt: skip
UNFIT: dict[str, tuple[str, str | Promise]] = {
    "reason": ("", _("It was judged otherwise before. Say why it is judged anew.")),
    "managed": ("grade", _(
        "A grade belongs to a complication for which something was done: judge the kind of event, and keep a step or a"
        " removal first."
    )),
    "when": ("day", _("It lies in the future, or before the procedure.")),
    "step_note": ("step_note", _("Say why it is not needed.")),
    "outcome": ("outcome", _("Choose how it ended.")),
    "closing": ("closing", _("Say why it is closed now.")),
    "reopening": ("reopening", _("Say why it is opened again.")),
    "note": ("note", _("Write something first.")),
    "about": ("", _("Press the button beside what you want to keep.")),
}  # fmt: skip
"""What a verb refuses: the field beside which it is said, and the words."""
CONFLICTS: dict[str, str | Promise] = {
    "closed": _("A colleague has closed the case meanwhile. Nothing of yours is lost; it was not kept."),
    "pathway": _("A colleague has judged it anew meanwhile, and the steps are others now. Yours was not kept."),
    "step": _("A colleague has kept this step meanwhile. Yours was not kept; it still stands below."),
}
MEANWHILE = _(
    "A colleague has changed the case meanwhile. Yours still stands below; press again to put it over theirs."
)


# -- The list, and opening --------------------------------------------------------------------------------------------


@page("patient.read")
def complications(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The cases of the clinic: the open ones, or the closed ones."""
    at, closed = clock.now(), request.GET.get("show") == "closed"
    found = queries.complications(viewer, at, closed=closed, number=request.GET.get("page", 1))
    cases = [Shown(one) for one in found.object_list]
    told = {"viewer": viewer, "clinic": viewer.own_clinic, "page": found, "cases": cases, "closed": closed}
    return render(request, "desk/complications.html", told)


@page("complication.opened", "GET", "HEAD", "POST", of=ProcedureVersion)
def complication_new(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Open a case on a signed procedure, by hand or from a decision; sent twice, it is opened once."""
    version, at = version_of(viewer, id), clock.now()
    counts = version.procedure.signed_version()
    named = request.POST.get("decision") or request.GET.get("decision")
    decision = _decision(viewer, counts, named)
    words = words_of(case.protocol_of(version.procedure))
    form = _opening(request, counts, decision, words, at)
    if request.method == "POST" and form.is_valid():
        said = {**form.cleaned_data, "key": form.cleaned_data["key"] or uuid4(), "decision": decision}
        try:
            made = flow.open_complication(viewer=viewer, procedure=version.procedure, at=at, **said)
        except Unfit:
            form.add_error("began_day", _("This day is still to come."))
        else:
            messages.success(request, _("The case is open. Judge what it is: then its steps have a clock."))
            return redirect("desk:complication", viewer.own_clinic.slug, made.pk)
    told = {"viewer": viewer, "clinic": viewer.own_clinic, "version": version, "form": form, "decision": decision}
    return render(request, "desk/complication_new.html", told, status=422 if form.is_bound else 200)


def _decision(viewer: Viewer, version: ProcedureVersion, named: str | None) -> Decision | None:
    """The decision from which a case is opened; raises `Missing` for one of another procedure."""
    if not named:
        return None
    number = int(named) if named.isdecimal() and len(named) < LONGEST_NUMBER else 0
    rows = scope(viewer, Decision).filter(checkin__procedure=version.procedure)
    found = rows.filter(pk=number).select_related("checkin").first()
    if found is None:
        raise Missing
    return found


def _opening(
    request: HttpRequest, version: ProcedureVersion, decision: Decision | None, words: Words, at: datetime
) -> OpeningForm:
    """The form, with what the decision says of day and place already in it."""
    rows = list(version.threads.all())
    offers = {
        "zones": [(id, words.of(f"zone.{id}", "name")) for id in words.protocol["zone"]],
        "threads": [(str(row.key), told_thread(words, n, row)) for n, row in enumerate(rows, 1)],
    }
    if request.method == "POST":
        return OpeningForm(request.POST, **offers)
    day, zones = max(case.day_of(version, at, version.patient.zone), 0), []
    if decision is not None:
        answers = read_decision(decision.document).answers.values()
        day, zones = decision.checkin.day, [one.zone for one in answers if one.zone != UNKNOWN]
    initial = {
        "key": uuid4(), "decision": decision and decision.pk, "began_day": day, "zone": zones[0] if zones else "",
        "signs": decision.checkin.words if decision else "",
        "threads": [str(row.key) for row in rows if row.zone in zones],
    }  # fmt: skip
    return OpeningForm(initial=initial, **offers)


# -- One case ---------------------------------------------------------------------------------------------------------


@page("patient.read", of=Complication)
def complication(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """The case on one page; that somebody looked leaves a trace."""
    at = clock.now()
    shown = Shown(queries.complication_of(viewer, id, at))
    return _draw(request, viewer, shown, _fresh(shown, {}))


@dataclass(frozen=True)
class Deed:
    """One thing that can be done: its row of the table of roles, the fields it takes, and what is said afterwards."""

    what: str
    do: Callable[..., Any]
    takes: tuple[str, ...]
    done: str | Promise


def _judge(said: Said, **given: Any) -> None:
    about = said["about"]
    more = {About.TECHNIQUE: "remarks", About.THREADS: "threads"}.get(About(about)) if about in JUDGED else None
    flow.judge(
        about=about, value=said.get(about, "") if about != About.THREADS else "", revision=said["revision"],
        more={more: sorted(said[more])} if more else {}, reason=said.get(f"{about}_why", ""), **given,
    )  # fmt: skip


def _step(said: Said, *, complication: Complication, **given: Any) -> None:
    if not (said["step"] and said["needed"] and said["day"] and said["time"]):
        raise Unfit("whole_step")
    pathway = queries.Case(complication, given["at"]).pathway
    done_at = moment_of(said, complication.clinic.zone)
    flow.do_step(
        complication=complication, pathway=pathway, step=said["step"], needed=said["needed"] == "yes",
        done_at=done_at, note=said["step_note"], **given,
    )  # fmt: skip


def _note(said: Said, **given: Any) -> None:
    flow.note_complication(key=said["key"] or uuid4(), text=said["note"], **given)


def _close(said: Said, **given: Any) -> None:
    flow.close_complication(outcome=said["outcome"], reason=said["closing"], revision=said["revision"], **given)


def _reopen(said: Said, **given: Any) -> None:
    flow.reopen_complication(reason=said["reopening"], revision=said["revision"], **given)


DEEDS = {
    "judge": Deed("complication.judged", _judge, (), _("The judgement is kept.")),
    "step": Deed("complication.stepped", _step, ("step", "needed", "step_note"), _("The step is kept.")),
    "note": Deed("complication.noted", _note, ("note",), _("The note is kept.")),
    "close": Deed("complication.closed", _close, ("outcome", "closing"), _("The case is closed.")),
    "reopen": Deed("complication.reopened", _reopen, ("reopening",), _("The case is open again.")),
}


def _act(request: HttpRequest, viewer: Viewer, id: UUID, *, deed: Deed) -> HttpResponse:
    """Do one thing. Whatever goes wrong is said on the page, with everything as it was typed."""
    at = clock.now()
    shown = Shown(queries.complication_of(viewer, id, at))
    form = CaseForm(request.POST, initial=_initial(shown), offers=_offers(shown))
    about = request.POST.get("about", "")
    if not form.is_valid():
        return _draw(request, viewer, shown, form, status=422)
    try:
        deed.do({**form.cleaned_data, "about": about}, viewer=viewer, complication=shown.row, at=at)
    except Unfit as error:
        _say(form, about, str(error))
        return _draw(request, viewer, shown, form, status=422)
    except Conflict as error:
        now = Shown(queries.complication_of(viewer, id, at))
        again = _fresh(now, form.typed())
        return _draw(request, viewer, now, again, status=409, conflict=CONFLICTS.get(str(error), MEANWHILE))
    messages.success(request, str(deed.done))
    left = form.leftover(deed.takes or (about, f"{about}_why", *(("remarks",) if about == About.TECHNIQUE else ())))
    if left:
        now = Shown(queries.complication_of(viewer, id, at))
        return _draw(request, viewer, now, _fresh(now, left))
    return redirect("desk:complication", viewer.own_clinic.slug, id)


def _say(form: CaseForm, about: str, wrong: str) -> None:
    """Put what the verb refused beside its field."""
    if wrong == "whole_step":
        for name in ("step", "needed", "day", "time"):
            if not form.cleaned_data.get(name):
                form.add_error(name, _("This is missing."))
        return
    field, says = UNFIT.get(wrong, (wrong if wrong in form.fields else "", _("Choose one of these.")))
    form.add_error(f"{about}_why" if wrong == "reason" and f"{about}_why" in form.fields else field or None, str(says))


def _offers(shown: Shown) -> dict[str, Any]:
    return {
        "pathway": shown.choices(),
        "remarks": shown.remark_choices(),
        "threads": shown.thread_choices(),
        "step": [("", "–"), *shown.open_steps()],
    }


def _initial(shown: Shown) -> dict[str, Any]:
    """What counts now: what differs from it was typed."""
    held, now = shown.case, shown.at.astimezone(shown.zone)
    technique = held.judged.get(About.TECHNIQUE)
    answers = {about: held.value(about) for about in ("pathway", "nature", "grade", "technique", "outcome")}
    coming = held.coming
    return {
        **answers, "revision": held.row.revision, "threads": sorted(held.threads), "day": now.date(),
        "time": now.time().replace(second=0, microsecond=0), "step": coming.id if coming else "",
        "remarks": technique.more.get("remarks", []) if technique else [],
    }  # fmt: skip


def _fresh(shown: Shown, typed: dict[str, Any]) -> CaseForm:
    """The form for the case as it is now, with what was typed and not kept."""
    return CaseForm(initial={**_initial(shown), **typed, "key": uuid4()}, offers=_offers(shown))


def _draw(
    request: HttpRequest, viewer: Viewer, shown: Shown, form: CaseForm, *, status: int = 200,
    conflict: str | Promise = "",
) -> HttpResponse:  # fmt: skip
    for name in NEEDED:
        form.fields[name].required = True  # of what stands beside its button; validation is over
    now, before = shown.now(), shown.before()
    asked = [(about, ASKED[about], now.get(about), before[about]) for about in JUDGED]
    told = {
        "viewer": viewer,
        "clinic": viewer.own_clinic,
        "shown": shown,
        "case": shown.case,
        "row": shown.row,
        "version": shown.case.version,
        "form": form,
        "conflict": conflict,
        "asked": {about: {"title": title, "now": one, "before": old} for about, title, one, old in asked},
        "open": [about for about in JUDGED if any(form.errors.get(name) for name in (about, f"{about}_why"))],
        "history": shown.history(),
        "picture": picture_of(shown.case.placed, shown.words, near=shown.case.threads, states=None),
        "may": {what: viewer.may(f"complication.{what}") for what in ("judged", "stepped", "noted", "closed")}
        | {"reopened": viewer.may("complication.reopened"), "removed": viewer.may("removal.recorded")},
    }
    return render(request, "desk/complication.html", told, status=status)


def _page(deed: Deed) -> View:
    return page(deed.what, "POST")(partial(_act, deed=deed))


_AT = "<slug:clinic>/complications/<uuid:id>/"
urlpatterns = [
    path("<slug:clinic>/complications/", complications, name="complications"),
    path("<slug:clinic>/procedures/<uuid:id>/complications/new", complication_new, name="complication_new"),
    path(_AT, complication, name="complication"),
    *(path(f"{_AT}{name}", _page(deed), name=f"complication_{name}") for name, deed in DEEDS.items()),
]
