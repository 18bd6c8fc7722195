"""The clinic's settings: hours, on-call, phones, promises and who works here."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from afterthread.clinic import clock, hour
from afterthread.clinic.flow.clinic import SETTINGS, change_clinic, change_staff, end_staff, invite_staff
from afterthread.clinic.models import Clinic, Staff
from afterthread.clinic.models.country import emergency_number
from afterthread.clinic.queries.audit import DONE
from afterthread.clinic.queries.audit import log as log_page
from afterthread.clinic.queries.scope import get
from afterthread.clinic.queries.staff import former_of, staff_of
from afterthread.clinic.roles import Conflict, Role, Viewer
from afterthread.clinic.schedule import schedule_of
from afterthread.desk.form import LONGEST_NAME, Revised, line, phone_number, text, whole, zone_choice
from afterthread.desk.page import page
from afterthread.protocol.model import Urgency

WEEKDAYS = (
    gettext_lazy("Monday"), gettext_lazy("Tuesday"), gettext_lazy("Wednesday"), gettext_lazy("Thursday"),
    gettext_lazy("Friday"), gettext_lazy("Saturday"), gettext_lazy("Sunday"),
)  # fmt: skip
SPANS = 2
ROLES = (
    (Role.PRACTITIONER.value, gettext_lazy("Practitioner: treats, signs records")),
    (Role.NURSE.value, gettext_lazy("Nurse: records, judges check-ins")),
    (Role.COORDINATOR.value, gettext_lazy("Coordinator: worklist and messages")),
    (Role.ADMIN.value, gettext_lazy("Administrator: settings and staff, no patients")),
)
ON_CALL = (
    ("none", gettext_lazy("Nobody: patients are sent to an out-of-hours service or the emergency department")),
    ("always", gettext_lazy("Somebody, round the clock")),
    ("hours", gettext_lazy("Somebody, at set hours")),
)


class SettingsForm(Revised):
    """Everything that a clinic decides for itself; the clock's own readers have the last word."""

    name = line(gettext_lazy("Name of the clinic"), LONGEST_NAME, required=True)
    country = line(gettext_lazy("Country"), 2, required=True, help_text=gettext_lazy("Two letters, for example DE."))
    time_zone = zone_choice(gettext_lazy("Time zone"))
    phone = line(gettext_lazy("Phone"), 40, help_text=gettext_lazy("While the clinic is open."))
    on_call_phone = line(
        gettext_lazy("Phone while closed"),
        40,
        help_text=gettext_lazy("Of whoever is on call; without one, the phone above."),
    )
    emergency_phone = line(gettext_lazy("Emergency number"), 20)
    closed = text(gettext_lazy("Closed dates"), rows=3, help_text=gettext_lazy("One date a line, like 2026-12-25."))
    on_call = forms.ChoiceField(
        label=gettext_lazy("Who answers while the clinic is closed?"), choices=ON_CALL, widget=forms.RadioSelect
    )
    emergency_minutes = whole(
        gettext_lazy("Emergency"),
        1,
        hour.MOST_MINUTES,
        required=True,
        help_text=gettext_lazy("Minutes, day and night."),
    )
    same_day_minutes = whole(
        gettext_lazy("Same day"), 1, hour.MOST_MINUTES, required=True,
        help_text=gettext_lazy("Minutes while the clinic is open or somebody is on call."),
    )  # fmt: skip
    escalate_minutes = whole(
        gettext_lazy("Escalation"), 1, hour.MOST_MINUTES, required=True,
        help_text=gettext_lazy("After so many minutes past its time the next on the call list is told."),
    )  # fmt: skip
    keep_years = whole(
        gettext_lazy("Keep records for"), 1, 100, required=True,
        help_text=gettext_lazy("Years after the last entry, as the law says. Ask whoever advises you on it."),
    )  # fmt: skip
    out_of_hours = text(
        gettext_lazy("What patients read while the clinic is closed"), rows=3, most=1000,
        help_text=gettext_lazy("For example where the out-of-hours service is. Afterthread adds the emergency number."),
    )  # fmt: skip

    def __init__(self, *args: Any, clinic: Clinic, **more: Any) -> None:
        super().__init__(*args, initial=_initial(clinic), **more)
        self.clinic = clinic
        self.fields["country"].validators.append(RegexValidator("^[A-Za-z]{2}$", gettext_lazy("Write two letters.")))
        for name in ("phone", "on_call_phone", "emergency_phone"):
            self.fields[name].validators.append(phone_number)
        self.fields["emergency_phone"].help_text = _("Empty: %(number)s, the ambulance of the country. Confirm it.") % {
            "number": emergency_number(clinic.country)
        }
        for kind, stored in (("open", clinic.hours), ("call", clinic.on_call_hours)):
            for label, day in zip(WEEKDAYS, hour.WEEKDAYS, strict=True):
                spans = stored.get("weekly", {}).get(day, [])
                for number in range(max(SPANS, len(spans))):
                    span = spans[number] if number < len(spans) else ["", ""]
                    self._add_span(f"{kind}-{day}-{number}", label, span)

    def _add_span(self, name: str, label: Any, span: list[str]) -> None:
        for end, value in zip(("from", "to"), span, strict=True):
            self.fields[f"{name}-{end}"] = forms.TimeField(
                label=label, required=False, initial=value.replace("24:00", "00:00"),
                widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
                error_messages={"invalid": gettext_lazy("Write a time like 09:00.")},
            )  # fmt: skip

    def week(self, kind: str) -> list[tuple[Any, list[tuple[forms.BoundField, forms.BoundField]]]]:
        """Each weekday with its spans as pairs of fields."""
        return [(name, self._pairs(kind, day)) for name, day in zip(WEEKDAYS, hour.WEEKDAYS, strict=True)]

    def opening(self) -> list[tuple[Any, list[tuple[forms.BoundField, forms.BoundField]]]]:
        """The week of the clinic itself."""
        return self.week("open")

    def calling(self) -> list[tuple[Any, list[tuple[forms.BoundField, forms.BoundField]]]]:
        """The week of whoever is on call."""
        return self.week("call")

    def _pairs(self, kind: str, day: str) -> list[tuple[forms.BoundField, forms.BoundField]]:
        starts = [name for name in self.fields if name.startswith(f"{kind}-{day}-") and name.endswith("-from")]
        return [(self[name], self[name.removesuffix("from") + "to"]) for name in starts]

    def clean_country(self) -> str:
        """In capitals, as everybody writes it."""
        return str(self.cleaned_data["country"]).upper()

    def clean_closed(self) -> str:
        """Dates and nothing else."""
        said = str(self.cleaned_data["closed"])
        for one in said.split():
            if not _is_day(one):
                raise ValidationError(_("“%(text)s” is not a date. Write it like 2026-12-25.") % {"text": one})
        return said

    def clean(self) -> dict[str, Any]:
        """What the clock makes of the whole."""
        said = super().clean() or self.cleaned_data
        weeks = {kind: self._read_week(kind) for kind in ("open", "call")}
        said["hours"] = {**self.clinic.hours, "weekly": weeks["open"], "closed": said.get("closed", "").split()}
        said["on_call_hours"] = {**self.clinic.on_call_hours, "weekly": weeks["call"]}
        if said.get("emergency_minutes", 0) > said.get("same_day_minutes", hour.MOST_MINUTES):
            self.add_error(
                "emergency_minutes", _("An emergency would wait longer than a same-day item. Give it fewer minutes.")
            )
        if not self.errors:
            try:
                schedule_of(self.proposed(said))
            except ValueError as error:
                raise ValidationError(str(error).splitlines()) from None
        return said

    def _read_week(self, kind: str) -> dict[str, list[list[str]]]:
        """The spans of a week as the clock reads them; half a span is said to be one, beside its field."""
        week: dict[str, list[list[str]]] = {}
        for day in hour.WEEKDAYS:
            for start, end in self._pairs(kind, day):
                begins, ends = self.cleaned_data.get(start.name), self.cleaned_data.get(end.name)
                if begins is not None and ends is not None:
                    opens, closes = f"{begins:%H:%M}", "24:00" if ends == time() else f"{ends:%H:%M}"
                    if closes <= opens:
                        self.add_error(
                            end.name, _("It ends before it begins. Write what crosses midnight on both days.")
                        )
                    elif any(first < closes and opens < last for first, last in week.get(day, [])):
                        self.add_error(start.name, _("These hours overlap with others of that day. Join them."))
                    week.setdefault(day, []).append([opens, closes])
                elif (begins is None) != (ends is None) and not (start.errors or end.errors):
                    self.add_error(end.name if ends is None else start.name, _("Write both times, or neither."))
        return week

    @property
    def stored(self) -> dict[str, Any]:
        """What the clinic has now, as the fields would read it."""
        return {name: field.to_python(self.get_initial_for_field(field, name)) for name, field in self.fields.items()}

    def proposed(self, said: dict[str, Any]) -> Clinic:
        """The clinic as it would be, not stored."""
        return Clinic(**{name: said[name] for name in SETTINGS})

    @property
    def settings(self) -> dict[str, Any]:
        """What was typed, as the verb takes it."""
        return {name: self.cleaned_data[name] for name in SETTINGS}


def _is_day(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


def _initial(clinic: Clinic) -> dict[str, Any]:
    plain = {name: getattr(clinic, name) for name in SETTINGS if name not in ("hours", "on_call_hours")}
    return {**plain, "closed": "\n".join(clinic.hours.get("closed", [])), "revision": clinic.revision}


class StaffForm(forms.Form):
    """What somebody may do, and when she is called."""

    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=ROLES)
    called = whole(
        gettext_lazy("Place on the call list"), 1, 99,
        help_text=gettext_lazy("1 is told first when something urgent comes; empty: never."),
    )  # fmt: skip


class InviteForm(StaffForm):
    """Somebody new."""

    name = line(gettext_lazy("Name"), LONGEST_NAME, required=True)
    email = forms.EmailField(label=gettext_lazy("E-mail"), max_length=254)
    field_order = ("name", "email", "role", "called")


@page("clinic.read", "GET", "POST")
def settings(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Show and change what the clinic decides for itself; who may not change it sees it all the same."""
    clinic, at = viewer.own_clinic, clock.now()
    form = SettingsForm(request.POST or None, clinic=clinic)
    status, shown = 200, clinic
    if request.method == "POST":
        viewer.require("clinic.changed")
        if form.is_valid() and request.POST.get("do") == "preview":
            shown = form.proposed(form.cleaned_data)
        elif form.is_valid():
            try:
                change_clinic(
                    viewer=viewer, clinic=clinic, revision=form.cleaned_data["revision"] or 0, at=at, **form.settings
                )
            except Conflict:
                status = 409
            clinic.refresh_from_db()
            if all(getattr(clinic, name) == value for name, value in form.settings.items()):
                messages.success(request, _("The settings are saved."))
                return redirect("desk:settings", clinic.slug)
            form.meet(clinic.revision, SettingsForm(clinic=clinic).stored)
        else:
            status = 422
    may = viewer.may("clinic.changed")
    for field in form.fields.values():
        field.disabled = not may
    told = {"viewer": viewer, "clinic": clinic, "form": form, "may": may, "preview": _due(shown, at), "shown": shown}
    return render(request, "desk/settings.html", told, status=status)


def _due(clinic: Clinic, at: datetime) -> list[tuple[str, datetime]]:
    """When something that came now would be due; none while the stored hours cannot be read."""
    try:
        rules = schedule_of(clinic)
    except ValueError:
        return []
    return [(one.word, hour.due(*rules, one, at)) for one in reversed(Urgency) if one is not Urgency.SELF_CARE]


@page("staff.read", "GET", "POST")
def staff(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Show who works here, and invite somebody."""
    form, status = InviteForm(request.POST or None), 200
    if request.method == "POST":
        viewer.require("staff.invited")
        if form.is_valid():
            said = {**form.cleaned_data, "role": Role(form.cleaned_data["role"])}
            try:
                invite_staff(viewer=viewer, at=clock.now(), **said)
            except Conflict:
                form.add_error("email", _("This person works here already."))
            else:
                messages.success(request, _("Invited. A letter with how to sign in is on its way."))
                return redirect("desk:staff", viewer.own_clinic.slug)
        status = 422
    return _staff_page(request, viewer, form, status)


def _staff_page(request: HttpRequest, viewer: Viewer, form: InviteForm, status: int = 200) -> HttpResponse:
    names = dict(ROLES)
    rows = [
        (one, names[one.role], StaffForm(initial={"role": one.role, "called": one.called}, auto_id=f"{one.pk}-%s"))
        for one in staff_of(viewer)
    ]
    told = {
        "viewer": viewer, "clinic": viewer.own_clinic, "rows": rows, "former": former_of(viewer), "form": form,
        "may": viewer.may("staff.changed"),
    }  # fmt: skip
    return render(request, "desk/staff.html", told, status=status)


@page("staff.changed", "POST")
def staff_change(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Give somebody another role or place on the call list."""
    held, form = get(viewer, Staff, id, "user"), StaffForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
        return redirect("desk:staff", viewer.own_clinic.slug)
    role, called = Role(form.cleaned_data["role"]), form.cleaned_data["called"]
    try:
        change_staff(viewer=viewer, staff=held, role=role, called=called, at=clock.now())
    except Conflict:
        messages.error(request, _("This is the last administrator. Make somebody else administrator first."))
    else:
        messages.success(request, _("%(name)s: saved.") % {"name": held})
    return redirect("desk:staff", viewer.own_clinic.slug)


@page("staff.ended", "POST")
def staff_end(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """End somebody's access; what was signed stays signed."""
    held = get(viewer, Staff, id, "user")
    try:
        held = end_staff(viewer=viewer, staff=held, at=clock.now())
    except Conflict:
        messages.error(request, _("This is the last administrator. Make somebody else administrator first."))
    else:
        messages.success(request, _("%(name)s sees nothing of this clinic any more.") % {"name": held})
    if held == viewer.staff and held.until:
        return redirect("desk:clinics")
    return redirect("desk:staff", viewer.own_clinic.slug)


@page("audit.read")
def log(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Show who did and opened what."""
    found = log_page(viewer, request.GET.get("page", "1"))
    rows = [(entry, DONE.get(entry.row.verb, entry.row.verb)) for entry in found.object_list]
    told = {"viewer": viewer, "clinic": viewer.own_clinic, "page": found, "rows": rows}
    return render(request, "desk/log.html", told)


urlpatterns = [
    path("<slug:clinic>/settings/", settings, name="settings"),
    path("<slug:clinic>/settings/staff", staff, name="staff"),
    path("<slug:clinic>/settings/staff/<uuid:id>", staff_change, name="staff_change"),
    path("<slug:clinic>/settings/staff/<uuid:id>/end", staff_end, name="staff_end"),
    path("<slug:clinic>/settings/log", log, name="log"),
]
