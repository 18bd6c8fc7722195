"""What makes a function a verb: the permission, the transaction and the trace."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar, cast

from django.db import IntegrityError, models, transaction

from afterthread.clinic.flow.audit import record
from afterthread.clinic.models import Clinic, Patient
from afterthread.clinic.roles import MAY, Conflict, Missing, Refused, Role, Viewer

Act = TypeVar("Act", bound=Callable[..., models.Model])
Row = TypeVar("Row", bound=models.Model)


def verb(name: str) -> Callable[[Act], Act]:
    """Make a function that returns what it changed into the verb `name` of the table in `roles`.

    The function is called with `viewer`, `at` (aware) and what it works on. Raises `Refused` when the viewer's role may
    not, `Missing` when something given belongs to another clinic or patient, `Conflict` when somebody was faster.
    """
    allowed = MAY[name]

    def decorate(act: Act) -> Act:
        @functools.wraps(act)
        def run(*, viewer: Viewer, at: datetime, **given: Any) -> models.Model:
            if viewer.role not in allowed:
                raise Refused(name)
            for thing in given.values():
                if isinstance(thing, models.Model):
                    require_own(viewer, thing)
            try:
                with transaction.atomic():
                    subject = act(viewer=viewer, at=at, **given)
                    record(name, viewer, subject, at)
            except IntegrityError as error:  # a constraint saw what two requests could not see of each other
                raise Conflict(name) from error
            return subject

        return cast("Act", run)

    return decorate


def once(known: models.QuerySet[Row], act: Callable[..., Row], **given: Any) -> Row:
    """What `known` finds, or else what the verb `act` makes of `given`: sent again, the first time is the answer."""
    found = known.first()
    if found is not None:
        return found
    try:
        return act(**given)
    except Conflict:
        found = known.first()  # the same page arrived twice at once
        if found is None:
            raise
        return found


def require_own(viewer: Viewer, thing: models.Model) -> None:
    """Raises `Missing` unless `thing` belongs to the viewer's clinic, and to herself if she is a patient."""
    clinic_id = thing.pk if isinstance(thing, Clinic) else getattr(thing, "clinic_id", None)
    if viewer.clinic is not None and clinic_id not in (None, viewer.clinic.pk):
        raise Missing
    if viewer.role is Role.PATIENT:
        patient_id = thing.pk if isinstance(thing, Patient) else getattr(thing, "patient_id", None)
        if viewer.patient is None or patient_id not in (None, viewer.patient.pk):
            raise Missing
    elif viewer.role is not Role.SYSTEM and viewer.clinic is None:
        raise Missing


def lock(thing: models.Model, revision: int | None = None, *related: str) -> Any:
    """The row again, held until the transaction ends; raises `Conflict` when it changed since `revision` was read."""
    rows = type(thing)._default_manager.select_for_update(of=("self",)).select_related(*related)  # noqa: SLF001 - its name
    held = (rows if related else rows.select_related(None)).filter(pk=thing.pk).first()
    if held is None:  # somebody discarded it meanwhile
        raise Missing
    if revision is not None and getattr(held, "revision", revision) != revision:
        raise Conflict("revision")
    return held
