"""What the phone keeps: the service worker, the offline pack, and taking queued check-ins."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import path, reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_POST, require_safe

from afterthread.clinic import case, clock
from afterthread.clinic.flow.checkin import Mismatch, submit_checkin
from afterthread.clinic.models import CheckIn
from afterthread.clinic.models.country import EVERYWHERE
from afterthread.clinic.queries.record.handoff import cards_of
from afterthread.clinic.queries.recovery import Recovery, recoveries_of, speakable
from afterthread.clinic.questionnaire import LONGEST_TEXT
from afterthread.clinic.roles import Missing, Viewer
from afterthread.clinic.schedule import phone_now
from afterthread.diary import offline as kit
from afterthread.diary.page import herself, patient_of
from afterthread.engine.case import CaseError, CaseProblem, Reader, parse_json
from afterthread.engine.plain import read_decision
from afterthread.protocol.load import shipped
from afterthread.protocol.model import Urgency

SCRIPTS = ("phone.js", "queue.js", "store.js", "offline.js", "sheet.js", "engine.js", "checkin.js")
LOOKS = ("tokens.css", "app.css", "card.css", "map.css", "icons.svg", "mark.svg")
KEPT = ("today", "plan", "leaflet", "card", "emergency")
"""The pages that can be read without a connection."""
Answer = Callable[[HttpRequest, Viewer], HttpResponse]


def _for_phone(view: Answer) -> Callable[[HttpRequest], HttpResponse]:
    """Make `view` an address that scripts ask: whoever is not in is told so in JSON, and sent nowhere."""

    @never_cache
    @functools.wraps(view)
    def run(request: HttpRequest) -> HttpResponse:
        viewer = patient_of(request)
        if viewer is None or viewer.patient is None:
            return JsonResponse({"error": "door"}, status=401)
        with translation.override(viewer.patient.language):
            return view(request, viewer)

    return run


# -- The pack


@require_safe
@gzip_page
@_for_phone
def pack(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """All that a phone needs to answer by itself; unchanged, it is not sent again."""
    at = clock.now()
    try:
        recoveries = recoveries_of(viewer, herself(viewer), at)
    except Missing:
        return JsonResponse({"error": "nothing"}, status=404)
    body = json.dumps(_packed(viewer, recoveries, at), ensure_ascii=False, sort_keys=True)
    tag = f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'
    if request.headers.get("If-None-Match", "").removeprefix("W/") == tag:  # compressed, it counts as weak
        return HttpResponse(status=304)
    return HttpResponse(body, content_type="application/json", headers={"ETag": tag})


def _packed(viewer: Viewer, recoveries: list[Recovery], at: datetime) -> dict[str, Any]:
    """The recovery that runs, in the patient's language, and whose it is."""
    recovery = recoveries[0]
    patient, clinic = recovery.patient, recovery.patient.clinic
    checkins = [case.checkin_of(one.checkin) for one in recovery.said]
    phones = {"emergency": clinic.emergency, "clinic": phone_now(clinic, at)}
    language = speakable(recovery.protocol, patient.language)
    return {
        **kit.pack(recovery.protocol, recovery.facts, checkins, language, {k: v for k, v in phones.items() if v}),
        "record": str(recovery.procedure.pk),
        "records": [str(one.procedure.pk) for one in recoveries],
        "wall": patient.time_zone,
        "cards": [str(card.pk) for card in cards_of(viewer, patient)],  # a new one is fetched, an ended one goes
        "call": clinic.emergency,
        "numbers": list(dict.fromkeys(number for number in (clinic.phone, clinic.on_call_phone) if number)),
    }


# -- Taking what was queued


@dataclass(frozen=True, slots=True)
class Sent:
    """One check-in as a phone sends it; `record` is the procedure for which it was said."""

    key: UUID
    said: Mapping[str, Any]
    said_at: datetime
    shown: str
    record: str


@csrf_exempt
@require_POST
def api_checkin(request: HttpRequest) -> HttpResponse:
    """Take one check-in; sent again, it is the same one. A form of another site cannot get here."""
    if not _is_ours(request):
        return JsonResponse({"error": "origin"}, status=403)
    if request.content_type != "application/json":
        return JsonResponse({"error": "type"}, status=415)
    return _take(request)


def _is_ours(request: HttpRequest) -> bool:
    """Whether a page of ours asks, as the browser itself says; a browser too old to say both is turned away."""
    site, origin = request.headers.get("Sec-Fetch-Site", ""), request.headers.get("Origin", "")
    return site in ("same-origin", "none") if site else urlsplit(origin).netloc == request.get_host()


@_for_phone
def _take(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Every refusal says what is wrong, so that the phone can say what to do; it keeps what was refused."""
    at = clock.now()
    try:
        recoveries = recoveries_of(viewer, herself(viewer), at)
        sent = read_sent(recoveries[0], parse_json(request.body))
        recovery = next(one for one in recoveries if str(one.procedure.pk) == sent.record)
        kept = submit_checkin(
            viewer=viewer, procedure=recovery.procedure, key=sent.key, said=sent.said, at=at, said_at=sent.said_at,
            shown=sent.shown,
        )  # fmt: skip
    except RequestDataTooBig:
        return JsonResponse({"error": "large"}, status=413)
    except CaseError as error:
        problems = [{"path": one.path, "wrong": one.wrong, "mend": one.mend} for one in error.problems]
        return JsonResponse({"error": "unreadable", "problems": problems}, status=422)
    except Mismatch:
        return JsonResponse({"error": "mismatch", "problems": []}, status=422)
    except (Missing, StopIteration):  # said for a record that this patient does not have
        return JsonResponse({"error": "record"}, status=409)
    return JsonResponse(_told(recovery, kept, sent), status=200 if kept.repeated else 201)


def read_sent(recovery: Recovery, data: Any) -> Sent:
    """What a phone sent; raises `CaseError` with every problem, those of the answers being found when it is kept.

    The time is believed or not by the flow: a phone with a wrong clock loses nothing.
    """
    reader = Reader(recovery.protocol)
    known = {"key", "said_at", "timezone", "answers", "otherwise", "words", "shown", "record"}
    table = reader.table("$", data, known)
    key, said_at = _key(table.get("key")), _moment(table.get("said_at"))
    if key is None:
        reader.problem("$.key", "it is no UUID", "Make one for every check-in and keep it when you send it again")
    if said_at is None:
        reader.problem("$.said_at", "it is no moment with an offset", 'Write it like "2026-03-02T14:30:00+01:00"')
    if len(str(table.get("words", ""))) > LONGEST_TEXT:
        reader.problem("$.words", f"it is longer than {LONGEST_TEXT} characters", "Shorten it")
    reader.finish()
    if key is None or said_at is None:
        raise CaseError([CaseProblem("$", "it cannot be read", "Send it again")])
    shown = table.get("shown")
    return Sent(
        key=key,
        said={name: _whole(table[name]) for name in ("answers", "otherwise", "words") if name in table},
        said_at=said_at,
        shown=shown if shown in [urgency.word for urgency in Urgency] else "",
        record=str(table.get("record", recovery.procedure.pk)),
    )


def _whole(value: Any) -> Any:
    """Text without halves of letters, which a field that cuts off an emoji leaves behind and nothing can keep."""
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if isinstance(value, str) else value


def _key(value: Any) -> UUID | None:
    with suppress(ValueError):
        return UUID(value) if isinstance(value, str) else None
    return None


def _moment(value: Any) -> datetime | None:
    with suppress(ValueError, OverflowError):
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
        return found if found and found.utcoffset() is not None else None
    return None


def _told(recovery: Recovery, kept: CheckIn, sent: Sent) -> dict[str, Any]:
    """What was decided, in words, and whether the phone had said something else."""
    decision = kept.decisions.order_by("pk").last()
    if decision is None:
        raise Missing
    urgency = Urgency(decision.urgency)
    told = recovery.explain(read_decision(decision.document), recovery.patient.language)
    return {
        "key": str(sent.key),
        "urgency": urgency.word,
        "changed": bool(sent.shown) and sent.shown != urgency.word,
        "name": told.urgency,
        "meaning": told.meaning,
        "first": told.first,
        "do": list(told.do),
        "url": reverse("diary:answer", args=[kept.pk]),
    }


# -- What makes the pages stay on the phone


@functools.cache
def version() -> str:
    """Changes with our files and with the protocol, so that a phone notices that there is something new."""
    told = hashlib.sha256(shipped().digest.encode())
    for name in sorted([*_files(), "diary/worker.js"]):
        found = finders.find(name)
        if isinstance(found, str):
            told.update(name.encode() + Path(found).read_bytes())
    return told.hexdigest()[:16]


def _files() -> list[str]:
    return [*(f"afterthread/{name}" for name in LOOKS), *(f"diary/{name}" for name in SCRIPTS)]


@require_safe
@cache_control(no_cache=True)
def worker(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - it is the same for everybody
    """The service worker: its own text after the addresses and the version of this installation.

    Scripts name each other without a digest, so they are kept under both names.
    """
    plain = [f"{settings.STATIC_URL}diary/{name}" for name in SCRIPTS]
    told = {
        "version": version(),
        "files": list(dict.fromkeys([*(static(name) for name in _files()), *plain])),
        "pages": [reverse(f"diary:{name}") for name in KEPT],
        "static": settings.STATIC_URL,
        **{name: reverse(f"diary:{name}") for name in ("offline", "enter", "leave", "checkin")},
    }
    text = Path(__file__).with_name("static").joinpath("diary", "worker.js").read_text(encoding="utf-8")
    return HttpResponse(f"const TOLD = {json.dumps(told)};\n{text}", content_type="text/javascript; charset=utf-8")


@require_safe
@never_cache
def offline(request: HttpRequest) -> HttpResponse:
    """The page that stands in when nothing can be reached: it asks and answers the check-in by itself."""
    viewer = patient_of(request)
    clinic = viewer.clinic if viewer else None
    if viewer is not None and viewer.patient is not None:
        translation.activate(viewer.patient.language)
    context = {
        "clinic": clinic,
        "call": clinic.emergency if clinic else EVERYWHERE,
        "urgencies": [urgency.word for urgency in Urgency],
        "longest": LONGEST_TEXT,
    }
    return render(request, "diary/offline.html", context)


@require_safe
@cache_control(max_age=3600)
def manifest(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - it is the same for everybody
    """How the diary stands on the home screen."""
    told = {
        "name": _("Recovery diary"),
        "short_name": _("Diary"),
        "lang": translation.get_language(),
        "dir": "rtl" if translation.get_language_bidi() else "ltr",
        "id": reverse("diary:today"),
        "start_url": reverse("diary:today"),
        "scope": reverse("diary:today"),
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": "#ffffff",
        "icons": [{"src": static("afterthread/mark.svg"), "sizes": "any", "type": "image/svg+xml"}],
    }
    return JsonResponse(told, content_type="application/manifest+json")


urlpatterns = [
    path("pack.json", pack, name="pack"),
    path("api/checkin", api_checkin, name="api_checkin"),
    path("worker.js", worker, name="worker"),
    path("manifest.webmanifest", manifest, name="manifest"),
    path("offline", offline, name="offline"),
]
