"""Who somebody is, and how she gets in: finding, enrolling, correcting, the link and the devices."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _

from afterthread.clinic import clock
from afterthread.clinic.code.qr import qr
from afterthread.clinic.flow.link import issue_link, new_code, send_link
from afterthread.clinic.flow.patient import DETAILS, correct_patient, enrol_patient, revoke_device
from afterthread.clinic.models import Clinic, Device, Patient
from afterthread.clinic.queries.patient import patients as patients_page
from afterthread.clinic.queries.scope import get
from afterthread.clinic.roles import Conflict, Missing, Viewer
from afterthread.desk.form import LONGEST_NAME, OLDEST_YEAR, Revised, languages, line, phone_number, whole, zone_choice
from afterthread.desk.page import page


class PatientForm(Revised):
    """Who somebody is, and how she is reached."""

    name = line(_("Name"), LONGEST_NAME, required=True, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    email = forms.EmailField(
        label=_("E-mail"), required=False, max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={"invalid": _("This is not an e-mail address. Write it like anna@example.org.")},
    )  # fmt: skip
    phone = line(_("Phone"), 40, widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}))
    born = whole(_("Year of birth"), OLDEST_YEAR, 9999)
    language = forms.ChoiceField(
        label=_("Language"), choices=languages, help_text=_("The language of the diary and of letters.")
    )
    time_zone = zone_choice(_("Time zone"), help_text=_("Where the patient lives: days are counted there."))

    def __init__(self, *args: Any, at: datetime, clinic: Clinic, **more: Any) -> None:
        super().__init__(*args, **more)
        self.at = at
        self.fields["phone"].validators.append(phone_number)
        self.fields["time_zone"].initial = clinic.time_zone

    def clean_born(self) -> int | None:
        """Not in the future."""
        born: int | None = self.cleaned_data["born"]
        if born is not None and born > self.at.year:
            raise ValidationError(_("This year has not begun yet."))
        return born

    @classmethod
    def stored(cls, patient: Patient) -> dict[str, Any]:
        """What is known of a patient, as the fields of this form."""
        return {name: getattr(patient, name) for name in DETAILS}

    @property
    def details(self) -> dict[str, Any]:
        """What was typed, as the verbs take it."""
        return {name: value for name, value in self.cleaned_data.items() if name not in ("revision", "key")}


# -- The list ---------------------------------------------------------------------------------------------------------


@page("patient.read")
def patients(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """List the clinic's patients, or those whose name is searched for."""
    name = request.GET.get("q", "")[:200]
    found = patients_page(viewer, name, request.GET.get("page", "1"))
    told = {"viewer": viewer, "clinic": viewer.own_clinic, "page": found, "q": name}
    return render(request, "desk/patients.html", told)


@page("patient.enrolled", "GET", "POST")
def patient_new(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Enrol somebody."""
    clinic, at = viewer.own_clinic, clock.now()
    form = PatientForm(request.POST or None, at=at, clinic=clinic)
    if request.method == "POST" and form.is_valid():
        key = form.cleaned_data["key"]
        try:
            made = enrol_patient(viewer=viewer, at=at, key=key, **form.details)
        except Conflict:  # the same page was sent twice
            made = get(viewer, Patient, key)
        return _kept(request, clinic, made)
    told = {"viewer": viewer, "clinic": clinic, "form": form}
    return render(request, "desk/patient_form.html", told, status=422 if form.is_bound else 200)


@page("patient.corrected", "GET", "POST", of=Patient)
def patient_edit(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Correct somebody's details; what was typed is kept when a colleague was faster."""
    held, clinic, at, status = get(viewer, Patient, id), viewer.own_clinic, clock.now(), 200
    initial = {**PatientForm.stored(held), "revision": held.revision}
    form = PatientForm(request.POST or None, at=at, clinic=clinic, initial=initial)
    if request.method == "POST":
        status = 422
        if form.is_valid():
            revision = form.cleaned_data["revision"] or 0
            try:
                made = correct_patient(viewer=viewer, patient=held, revision=revision, at=at, **form.details)
            except Conflict:
                made = get(viewer, Patient, id)
            if PatientForm.stored(made) == form.details:
                return _kept(request, clinic, made)
            form.meet(made.revision, PatientForm.stored(made))
            status = 409
    told = {"viewer": viewer, "clinic": clinic, "form": form, "patient": held}
    return render(request, "desk/patient_form.html", told, status=status)


def _kept(request: HttpRequest, clinic: Clinic, patient: Patient) -> HttpResponse:
    messages.success(request, _("Saved."))
    if not patient.email and not patient.phone:
        warning = _("There is no e-mail and no phone: nobody can send reminders, and nobody can call back.")
        messages.warning(request, warning)
    return redirect("desk:patient", clinic.slug, patient.pk)


# -- Letting her in ---------------------------------------------------------------------------------------------------


@page("link.issued", "POST")
def patient_link(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """Show a fresh link once, as a picture and as a code; or have it sent."""
    held, at = get(viewer, Patient, id, "clinic"), clock.now()
    if request.POST.get("by") == "email":
        if held.email:
            send_link(viewer=viewer, patient=held, at=at)
            messages.success(request, _("A link is on its way. It is valid for ten minutes from when it leaves."))
        else:
            messages.error(request, _("There is no e-mail address to send it to."))
        return redirect("desk:patient", viewer.own_clinic.slug, held.pk)
    code = new_code()
    link = issue_link(viewer=viewer, patient=held, code=code, at=at)
    url = f"{settings.AFTERTHREAD_URL}{reverse('diary:enter')}"
    told = {"viewer": viewer, "clinic": viewer.own_clinic, "patient": held, "link": link, "url": url, "code": code}
    return render(request, "desk/link.html", {**told, "groups": code.split("-"), "qr": qr(f"{url}#{code}")})


@page("device.revoked", "POST")
def device_revoke(request: HttpRequest, viewer: Viewer, id: UUID, device: UUID) -> HttpResponse:
    """End one device of a patient."""
    held = get(viewer, Device, device)
    if held.patient_id != id:
        raise Missing
    revoke_device(viewer=viewer, device=held, at=clock.now())
    messages.success(request, _("This device is out. To come back, the patient needs a new link."))
    return redirect("desk:patient", viewer.own_clinic.slug, id)


urlpatterns = [
    path("<slug:clinic>/patients/", patients, name="patients"),
    path("<slug:clinic>/patients/new", patient_new, name="patient_new"),
    path("<slug:clinic>/patients/<uuid:id>/edit", patient_edit, name="patient_edit"),
    path("<slug:clinic>/patients/<uuid:id>/link", patient_link, name="patient_link"),
    path("<slug:clinic>/patients/<uuid:id>/devices/<uuid:device>/revoke", device_revoke, name="device_revoke"),
]
