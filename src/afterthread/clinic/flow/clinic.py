"""Opening a clinic, changing its settings, and who works there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from afterthread.clinic.flow.outbox import queue
from afterthread.clinic.flow.record.consent import begin_texts
from afterthread.clinic.flow.verb import lock, verb
from afterthread.clinic.models import Clinic, Staff, User
from afterthread.clinic.roles import Conflict, Missing, Role, Viewer

SETTINGS = (
    "name", "country", "time_zone", "phone", "on_call_phone", "emergency_phone", "hours", "on_call", "on_call_hours",
    "emergency_minutes", "same_day_minutes", "escalate_minutes", "out_of_hours", "keep_years",
)  # fmt: skip


@verb("clinic.opened")
def open_clinic(*, viewer: Viewer, slug: str, at: datetime, **settings: Any) -> Clinic:
    """A new clinic of this installation, without staff yet; its consent texts are drafts that nobody published."""
    clinic = Clinic.objects.create(slug=slug, **{name: settings[name] for name in SETTINGS if name in settings})
    begin_texts(clinic, at)
    return clinic


@verb("clinic.changed")
def change_clinic(*, viewer: Viewer, clinic: Clinic, revision: int, at: datetime, **settings: Any) -> Clinic:
    """Other settings; raises `Conflict` when somebody else changed them since `revision` was read."""
    held: Clinic = lock(clinic, revision)
    for name in SETTINGS:
        if name in settings:
            setattr(held, name, settings[name])
    held.revision += 1
    held.save()
    return held


@verb("staff.invited")
def invite_staff(
    *, viewer: Viewer, email: str, name: str, role: Role, called: int | None = None, at: datetime
) -> Staff:
    """A place in the viewer's clinic, and a letter that says how to sign in; raises `Conflict` for a second place."""
    clinic = viewer.own_clinic
    language = viewer.staff.user.language if viewer.staff else "en"  # until the new colleague chooses another
    staff = place_staff(clinic, email=email, name=name, role=role, called=called, at=at, language=language)
    queue("invitation", f"invitation:{staff.pk}", at, clinic=clinic, staff=staff)
    return staff


def place_staff(
    clinic: Clinic,
    *,
    email: str,
    name: str,
    role: Role,
    called: int | None,
    at: datetime,
    password: str | None = None,
    language: str = "en",
) -> Staff:
    """A person at a place, known already or new; part of a verb, and of a clinic's first day."""
    user = User.objects.filter(email=email.strip().casefold()).first()
    user = user or User.objects.create_user(email.strip(), password, name=name, language=language)
    return Staff.objects.create(clinic=clinic, user=user, role=role.value, called=called, since=at)


@verb("staff.appointed")
def appoint_first(
    *,
    viewer: Viewer,
    clinic: Clinic,
    email: str,
    name: str,
    role: Role,
    password: str | None = None,
    called: int | None = None,
    at: datetime,
) -> Staff:
    """The first people of a clinic, who are there before anybody could invite them."""
    return place_staff(clinic, email=email, name=name, role=role, called=called, at=at, password=password)


@verb("staff.language_chosen")
def choose_staff_language(*, viewer: Viewer, language: str, at: datetime) -> Staff:
    """The language that somebody of the staff reads, in every clinic."""
    staff = viewer.own_staff
    User.objects.filter(pk=staff.user_id).update(language=language)
    staff.user.language = language
    return staff


@verb("staff.changed")
def change_staff(*, viewer: Viewer, staff: Staff, role: Role, called: int | None, at: datetime) -> Staff:
    """Another role, or another place on the list of who is called."""
    held: Staff = lock(staff)
    _keep_one_admin(held, role)
    held.role, held.called = role.value, called
    held.save(update_fields=["role", "called"])
    return held


@verb("staff.ended")
def end_staff(*, viewer: Viewer, staff: Staff, at: datetime) -> Staff:
    """From now on this person sees nothing of the clinic; what was signed stays signed."""
    held: Staff = lock(staff)
    _keep_one_admin(held, None)
    held.until = held.until or at
    held.save(update_fields=["until"])
    return held


def _keep_one_admin(staff: Staff, role: Role | None) -> None:
    """Raises `Conflict` when nobody could change the settings any more."""
    if role is Role.ADMIN or staff.role != Role.ADMIN.value:
        return
    if not Staff.objects.filter(clinic=staff.clinic, role=Role.ADMIN.value, until=None).exclude(pk=staff.pk).exists():
        raise Conflict("last admin")


def viewer_of(user: User, slug: str) -> Viewer:
    """Somebody of the staff in one clinic; raises `Missing` where this person has no place, or there is no clinic."""
    staff = Staff.objects.filter(user=user, clinic__slug=slug, until=None).select_related("clinic", "user").first()
    if staff is None or not user.is_active:
        raise Missing
    return Viewer(role=Role(staff.role), clinic=staff.clinic, staff=staff)
