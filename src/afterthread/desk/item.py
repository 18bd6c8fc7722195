"""One item: why it is here, what was done, and everything that can be done about it, in one form that loses nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from afterthread.clinic import clock
from afterthread.clinic.flow import worklist as flow
from afterthread.clinic.flow.message import write_message
from afterthread.clinic.models import Action, WorkItem
from afterthread.clinic.queries.worklist import Opened, item_of, latest_messages, next_called, waiting_count
from afterthread.clinic.roles import Conflict, Refused, Viewer
from afterthread.clinic.schedule import phone_now
from afterthread.desk import form as field
from afterthread.desk.page import View, page, read_conversation, way_back
from afterthread.desk.row import ACTS, OUTCOMES, URGENCIES, Row, duration, moment
from afterthread.engine.explain import Words
from afterthread.protocol.model import Urgency

LONGEST_NUMBER = 10
FIRST_STEPS = 3
Outcome = Action.Outcome
CONTACTS = (
    Outcome.REASSURED, Outcome.COMING, Outcome.APPOINTMENT, Outcome.REFERRED, Outcome.SEEN, Outcome.NO_ANSWER,
    Outcome.WRONG_NUMBER,
)  # fmt: skip
ENDINGS = (
    Outcome.SEEN, Outcome.REASSURED, Outcome.APPOINTMENT, Outcome.REFERRED, Outcome.SETTLED, Outcome.MISTAKEN,
    Outcome.NO_ANSWER,
)  # fmt: skip
NEEDED = ("outcome", "text", "urgency", "reason", "ending")
JUDGED = (Urgency.EMERGENCY, Urgency.SAME_DAY, Urgency.ROUTINE)


class Act(forms.Form):
    """Everything on the page in one form, so that whichever button is pressed, nothing typed elsewhere is lost."""

    use_required_attribute = False  # what is needed depends on the button
    revision = forms.IntegerField(widget=forms.HiddenInput)
    outcome = forms.ChoiceField(
        label=_("What came of the contact?"), required=False, widget=forms.RadioSelect,
        choices=[(one.value, OUTCOMES[one]) for one in CONTACTS],
    )  # fmt: skip
    note = field.text(_("Note for colleagues"), rows=3)
    text = field.text(_("Message to the patient"), rows=3)
    key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    urgency = forms.TypedChoiceField(
        label=_("How urgent do you judge it?"), required=False, widget=forms.RadioSelect, empty_value=None,
        coerce=lambda value: Urgency(int(value)), choices=[(int(one), URGENCIES[one]) for one in JUDGED],
    )  # fmt: skip
    reason = field.text(_("Why?"), rows=2)
    ending = forms.ChoiceField(
        label=_("How did it end?"), required=False, widget=forms.RadioSelect,
        choices=[(one.value, OUTCOMES[one]) for one in ENDINGS],
    )  # fmt: skip

    def leftover(self, used: tuple[str, ...]) -> dict[str, Any]:
        """What was typed or chosen for something else than the button that was pressed."""
        typed = ("outcome", "note", "text", "urgency", "reason", "ending")
        return {name: self.data[name] for name in typed if name not in used and self.data.get(name)}


@dataclass(frozen=True)
class Deed:
    """One thing that can be done: the row of the table of roles, the fields it takes, and those it needs."""

    what: str
    do: Callable[..., Any]
    takes: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    done: str | Promise = ""


def _contact(said: dict[str, Any], **given: Any) -> None:
    flow.contact_patient(outcome=Outcome(said["outcome"]), note=said["note"], revision=said["revision"], **given)


def _close(said: dict[str, Any], **given: Any) -> None:
    flow.close_item(outcome=Outcome(said["ending"]), note=said["note"], revision=said["revision"], **given)


def _override(said: dict[str, Any], **given: Any) -> None:
    flow.override_urgency(urgency=said["urgency"], reason=said["reason"], revision=said["revision"], **given)


def _send(said: dict[str, Any], *, item: WorkItem, **given: Any) -> None:
    write_message(patient=item.patient, key=said["key"] or uuid4(), text=said["text"], **given)


DEEDS = {
    "claim": Deed(
        "item.claimed",
        lambda said, **given: flow.claim_item(revision=said["revision"], **given),
        done=_("It is yours."),
    ),
    "release": Deed(
        "item.released",
        lambda said, **given: flow.release_item(revision=said["revision"], **given),
        done=_("Given back: everybody sees that nobody has it."),
    ),
    "contact": Deed("item.contacted", _contact, ("outcome", "note"), ("outcome",), _("The contact is kept.")),
    "override": Deed(
        "item.overridden", _override, ("urgency", "reason"), ("urgency", "reason"), _("The urgency is changed.")
    ),
    "note": Deed(
        "item.noted",
        lambda said, **given: flow.note_item(note=said["note"], **given),
        ("note",),
        ("note",),
        _("The note is kept."),
    ),
    "close": Deed("item.closed", _close, ("ending", "note"), ("ending",), _("Closed.")),
}
SEND = Deed("message.written", _send, ("text",), ("text",), _("The message is sent."))
"""Done at the page's own address: it is the same verb as on the patient's page, but it keeps what else was typed."""


@page("worklist.read", "GET", "HEAD", "POST", of=WorkItem)
def item(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """The page; by POST a message is sent, or the page is shown again with a message to come today written into it."""
    at = clock.now()
    if request.POST.get("press") == "send":
        return _act(request, viewer, id, deed=SEND)
    opened = item_of(viewer, id, at)
    if request.htmx:  # type: ignore[attr-defined]  # the page asks for its own news; nobody opened anything
        shown = _shown(viewer, opened, seen=request.GET.get("seen", "")) | {"live": True}
        parts = (render_to_string(f"desk/item.html#{name}", shown, request) for name in ("state", "history"))
        return HttpResponse("".join(parts))
    read_conversation(viewer, opened.patient, at)
    typed = {name: request.POST[name] for name in Act.base_fields if name in request.POST}
    if request.method == "POST":
        typed["text"] = "\n".join(filter(None, [typed.get("text", "").strip(), _come_today(opened)]))
    return _draw(request, viewer, opened, _fresh(opened, typed))


def _act(request: HttpRequest, viewer: Viewer, id: UUID, *, deed: Deed) -> HttpResponse:
    """Do one thing. Whatever goes wrong is said on the page, with everything as it was typed."""
    at, form = clock.now(), Act(request.POST)
    opened = item_of(viewer, id, at)
    seen = request.POST.get("revision", "")
    for name in deed.needs:
        form.fields[name].required = True
    if not form.is_valid():
        return _draw(request, viewer, opened, form, status=422)
    said = form.cleaned_data | {"revision": _counting(opened, form.cleaned_data["revision"])}
    try:
        deed.do(said, viewer=viewer, item=opened.item, at=at)
    except (Conflict, flow.Unanswered, Refused) as error:
        return _refused(request, viewer, item_of(viewer, id, at), form, error, seen=seen)
    return _done(request, viewer, item_of(viewer, id, at), deed, form)


def _counting(opened: Opened, seen: int) -> int:
    """The revision that counts: that the clinic's list was told meanwhile is nothing to stop anybody."""
    since = opened.actions[seen + 1 :] if seen >= 0 else []
    told = all(act.kind == Action.Kind.ESCALATED for act in since)
    return opened.item.revision if since and told else seen


def _refused(
    request: HttpRequest, viewer: Viewer, opened: Opened, form: Act, error: Exception, *, seen: str
) -> HttpResponse:
    if isinstance(error, Conflict):
        again = _fresh(opened, {name: form.data[name] for name in Act.base_fields if form.data.get(name)})
        return _draw(request, viewer, opened, again, status=409, seen=seen, conflict=str(error))
    if isinstance(error, Refused):
        form.add_error(
            "ending", gettext("The patient has no answer yet. Only a practitioner or nurse may close it without one.")
        )
    elif str(error) == "step":
        form.add_error("ending", gettext("It ends with the last step of the complication, or when the case is closed."))
    else:
        form.add_error("note", gettext("The patient has no answer yet. Say here why none is needed."))
    return _draw(request, viewer, opened, form, status=403 if isinstance(error, Refused) else 422)


def _done(request: HttpRequest, viewer: Viewer, opened: Opened, deed: Deed, form: Act) -> HttpResponse:
    messages.success(request, str(deed.done))
    left = form.leftover(deed.takes)
    if left:
        return _draw(request, viewer, opened, _fresh(opened, left))
    return way_back(request, reverse("desk:item", args=[opened.clinic.slug, opened.item.pk]))


def _fresh(opened: Opened, typed: dict[str, Any]) -> Act:
    """The form for the item as it is now."""
    return Act(initial={**typed, "revision": opened.item.revision, "key": typed.get("key") or uuid4()})


def _come_today(opened: Opened) -> str:
    """The message that asks the patient to come, in the patient's language."""
    clinic = opened.clinic
    with translation.override(opened.patient.language):
        says = gettext("Please come to the clinic today, so that we can look at it.")
        phone = phone_now(clinic, opened.at)
        otherwise = gettext("If you cannot come, call %(phone)s.") % {"phone": phone}
        return f"{says} {otherwise}" if phone else says


def _draw(
    request: HttpRequest, viewer: Viewer, opened: Opened, form: Act, *, status: int = 200, seen: str = "",
    conflict: str = "",
) -> HttpResponse:  # fmt: skip
    for name in NEEDED:
        form.fields[name].required = True  # of what stands beside its button; validation is over
    shown = _shown(viewer, opened, seen=seen)
    zone = opened.clinic.zone
    talk = [(one, moment(one.at, opened.at, zone)) for one in latest_messages(viewer, opened.patient)]
    told = {"talk": talk, "form": form, "conflict": conflict, "waiting": waiting_count(viewer, opened.at)}
    return render(request, "desk/item.html", shown | told, status=status)


def _shown(viewer: Viewer, opened: Opened, *, seen: str) -> dict[str, Any]:
    row = Row(opened, get_language() or "en")
    acts = opened.actions
    since = int(seen) if seen.isdecimal() and len(seen) < LONGEST_NUMBER else opened.item.revision
    turn = next_called(opened)
    zone = opened.clinic.zone
    return {
        "clinic": opened.clinic,
        "viewer": viewer,
        "row": row,
        "opened": opened,
        "seen": since,
        "meanwhile": [_told(act, opened) for act in acts[since + 1 :]],
        "history": [_told(act, opened) for act in reversed(acts)],
        "next_called": turn and (turn[0], moment(turn[1], opened.at, zone)),
        "pathways": _pathways(row),
        "sources": _sources(row),
        "told": _told_more(row),
        "may_override": viewer.may("item.overridden"),
        "may_open_case": opened.version is not None and viewer.may("complication.opened"),
        "mine": viewer.staff is not None and opened.item.owner_id == viewer.staff.pk,
    }


def _told(act: Action, opened: Opened) -> dict[str, Any]:
    """One action, with the words that go with it."""
    return {
        "what": ACTS[act.kind],
        "outcome": OUTCOMES[act.outcome] if act.outcome else "",
        "urgency": URGENCIES[Urgency(act.urgency)] if act.kind == Action.Kind.OVERRIDDEN else "",
        "who": act.staff,
        "when": moment(act.at, opened.at, opened.clinic.zone),
        "note": act.note,
        "waited": duration(timedelta(seconds=act.waited)) if act.waited is not None else "",
        "in_time": act.in_time,
    }


def _pathways(row: Row) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Each complication to consider: its name, what it is, and its first steps with their time."""
    if row.opened.decided is None:
        return []
    words, known = row.words, row.opened.protocol
    told = []
    for id in row.opened.decided.suspects:
        sentences = words.table[f"pathway.{id}"]
        steps = [(_within(step.within.hours), sentences["steps"][step.id]) for step in known["pathway"][id].steps]
        told.append((sentences["name"], sentences["what"], steps[:FIRST_STEPS]))
    return told


def _within(hours: int) -> str:
    return gettext("within %(hours)d h") % {"hours": hours} if hours else gettext("at once")


def _sources(row: Row) -> list[tuple[str, list[str]]]:
    """Every reason with the names of what it rests on."""
    if row.explanation is None:
        return []
    return [(one.says, [_source(row.words, id) for id in one.sources]) for one in row.explanation.reasons]


def _told_more(row: Row) -> list[str]:
    """What was left open, and what one other answer would have changed."""
    said = row.explanation
    return [] if said is None else [one for one in (said.unanswered, said.would_raise, said.would_lower) if one]


def _source(words: Words, id: str) -> str:
    known = words.protocol
    if id in known["source"]:
        return str(known["source"][id].title)
    if id in known["choice"]:
        return words.of(f"choice.{id}", "title")
    return str(known["source"][known["claim"][id].document].title) if id in known["claim"] else id


def _page(deed: Deed) -> View:
    return page(deed.what, "POST")(partial(_act, deed=deed))


urlpatterns = [
    path("<slug:clinic>/items/<uuid:id>/", item, name="item"),
    *(path(f"<slug:clinic>/items/<uuid:id>/{name}", _page(deed), name=f"item_{name}") for name, deed in DEEDS.items()),
]
