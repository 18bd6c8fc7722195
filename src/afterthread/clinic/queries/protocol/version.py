"""Which protocol is in force in a clinic, which were, and what is drafted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from afterthread.clinic.knowledge import in_force
from afterthread.clinic.models import Overlay, Procedure, ProtocolVersion
from afterthread.clinic.queries.scope import scope
from afterthread.clinic.roles import Viewer

LONGEST_NAME = 24
"""So that the version that is made of it fits its column."""
Document = Mapping[str, Any]


def draft_of(viewer: Viewer) -> Overlay | None:
    """The clinic's one draft, if there is one."""
    return scope(viewer, Overlay).filter(adopted_at=None).select_related("clinic", "drafted_by__user").first()


def adopted_of(viewer: Viewer) -> list[Overlay]:
    """Everything that was ever adopted, the newest first."""
    rows = scope(viewer, Overlay).filter(adopted_at__isnull=False).select_related("adopted_by__user", "protocol")
    return list(rows.order_by("-number"))


def document_in_force(viewer: Viewer) -> Document:
    """What lies over the shipped protocol now; nothing, where the shipped one is in force."""
    adopted = adopted_of(viewer)
    return adopted[0].document if adopted else {}


def whole(overlay: Overlay, document: Document | None = None) -> Document:
    """What is changed (or would be), together with whose it is: all that `knowledge` needs to build it."""
    slug = re.sub(r"[^a-z0-9]", "_", overlay.clinic.slug.lower())[:LONGEST_NAME]
    return {
        **(overlay.document if document is None else document),
        "id": f"c_{slug}_{overlay.number}",
        "author": overlay.clinic.name,
    }


@dataclass(frozen=True)
class Running:
    """How many plans run on one version."""

    protocol: ProtocolVersion
    plans: int
    current: bool


def running(viewer: Viewer) -> list[Running]:
    """The versions that plans run on in this clinic, the one for new plans first."""
    now = in_force(viewer.own_clinic).digest
    counts = Counter(dict(_open_plans(viewer).values_list("protocol").annotate(Count("pk"))))
    versions = ProtocolVersion.objects.filter(pk__in=counts)
    found = [Running(one, counts[one.pk], one.pk == now) for one in versions.order_by("-adopted_at")]
    return sorted(found, key=lambda one: not one.current)


def plans_elsewhere(viewer: Viewer, most: int) -> list[Procedure]:
    """Running plans on another version than new plans are made from, the newest first; only for who reads records."""
    viewer.require("patient.read")
    now = in_force(viewer.own_clinic).digest
    rows = _open_plans(viewer).exclude(protocol=now).select_related("patient__clinic", "protocol")
    return list(rows.order_by("-signed_at")[:most])


def _open_plans(viewer: Viewer) -> Any:
    return scope(viewer, Procedure).filter(signed_at__isnull=False, closed_at=None)
