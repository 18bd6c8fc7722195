"""What a phone is given to do without a connection, and how what it kept is taken: once, from its patient, in full."""

import gzip
import json
import random
import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation

from afterthread.clinic.flow.checkin import submit_checkin
from afterthread.clinic.flow.procedure import correct_procedure, sign_procedure
from afterthread.clinic.models import CheckIn, Decision, Device, WorkItem
from afterthread.clinic.questionnaire import present_before, questions_for, read_form
from afterthread.diary import offline, phone
from afterthread.engine.facts import Answer, Procedure
from afterthread.engine.facts import CheckIn as Said
from afterthread.protocol.load import shipped
from afterthread.protocol.model import Urgency
from tests.lib.clinic import MONDAY, a_patient, a_procedure, on_phone
from tests.unit.diary.conftest import Diary, enter

STATIC = Path(offline.__file__).with_name("static") / "diary"
OURS = {"Sec-Fetch-Site": "same-origin"}
CALM: dict[str, Any] = {"answers": {}, "otherwise": "no", "words": ""}


def item(diary: Diary, **more: Any) -> dict[str, Any]:
    """A calm check-in as it stands in the queue."""
    return {"key": str(uuid4()), "said_at": diary.at.isoformat(), **CALM, **more}


def send(diary: Diary, body: Any, headers: dict[str, str] | None = None, kind: str = "application/json") -> Any:
    """One exchange with the address for queued check-ins."""
    text = body if isinstance(body, (str, bytes)) else json.dumps(body)
    return diary.client.post("/p/api/checkin", text, content_type=kind, headers=OURS if headers is None else headers)


# -- Taking what was queued


def test_it_takes_a_queued_checkin(diary: Diary) -> None:
    """New, it is kept with the time at which it was said, and answered in words."""
    sent = item(diary.on(5), shown="self_care")
    diary.on(6)
    answer = send(diary, sent)
    kept = CheckIn.objects.get()
    assert (answer.status_code, kept.day, kept.said_at) == (201, 5, MONDAY + timedelta(days=5, hours=2))
    told = answer.json()
    assert {name: told[name] for name in ("key", "urgency", "changed", "name", "url")} == {
        "key": sent["key"],
        "urgency": "self_care",
        "changed": False,
        "name": "Care at home",
        "url": f"/p/checkin/{kept.pk}/",
    }
    assert told["first"].startswith("Follow your plan")


def test_it_takes_it_once(diary: Diary) -> None:
    """Sent again, it is the same one, with the same answer."""
    sent = item(diary.on(5))
    first, second = send(diary, sent), send(diary.on(6), sent)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert (CheckIn.objects.count(), Decision.objects.count()) == (1, 1)


def test_it_knows_what_the_form_brought(diary: Diary) -> None:
    """The form was kept and its answer lost on the way: the queue sends the same check-in."""
    sent = item(diary.on(5), answers={"fever": {"level": "no"}})
    said = {name: sent[name] for name in CALM}
    submit_checkin(viewer=diary.phone, procedure=diary.procedure, key=sent["key"], said=said, at=diary.at)
    assert send(diary, sent).status_code == 200
    assert CheckIn.objects.count() == 1


def test_it_refuses_another_checkin_under_the_same_key(diary: Diary) -> None:
    """A mistake of the sender is said, and the first one stays."""
    sent = item(diary.on(5))
    send(diary, sent)
    refused = send(diary, sent | {"words": "And my ear hurts"})
    assert (refused.status_code, refused.json()["error"]) == (422, "mismatch")
    assert CheckIn.objects.get().words == ""


def test_it_says_when_the_answer_changed(diary: Diary) -> None:
    """The phone said one thing, the server decides another."""
    answer = send(diary.on(5), item(diary, answers={"breathing": "yes"}, shown="self_care")).json()
    assert (answer["urgency"], answer["changed"]) == ("emergency", True)
    assert WorkItem.objects.get(kind=WorkItem.Kind.DECISION).urgency == Urgency.EMERGENCY


def test_it_does_not_call_silence_a_change(diary: Diary) -> None:
    """A phone that could not judge has shown nothing that could change."""
    assert send(diary.on(5), item(diary, answers={"breathing": "yes"}, shown="")).json()["changed"] is False
    assert send(diary, item(diary, shown="who knows")).json()["changed"] is False


def test_it_names_everything_that_is_wrong(diary: Diary) -> None:
    """All problems at once, with their paths; nothing is kept."""
    body = {"key": "1", "said_at": "2026-03-07T10:00", "answers": {}, "words": "x" * 4_001, "colour": "red"}
    refused = send(diary.on(5), body)
    assert refused.status_code == 422
    assert {one["path"] for one in refused.json()["problems"]} == {"$.key", "$.said_at", "$.words", "$.colour"}
    assert not CheckIn.objects.exists()


@pytest.mark.parametrize(
    "answers", [{"fever": "purple"}, {"horns": "yes"}, [], None, {"fever": {"level": "yes", "side": "up"}}, "yes"]
)
def test_it_refuses_answers_that_nobody_knows(diary: Diary, answers: Any) -> None:
    """With the path of each."""
    refused = send(diary.on(5), item(diary, answers=answers))
    assert (refused.status_code, refused.json()["error"]) == (422, "unreadable")
    assert refused.json()["problems"]


@pytest.mark.parametrize("body", ["[]", "{", "null", '"a"', '{"key": 1, "key": 2}', b"\xff", "[" * 9_000])
def test_it_refuses_what_is_no_checkin(diary: Diary, body: Any) -> None:
    """Whatever it is, it is refused and nothing breaks."""
    assert send(diary.on(5), body).status_code == 422


@pytest.mark.parametrize("said_at", ["1970-01-01T00:00:00Z", "2099-01-01T00:00:00+02:00", "0001-01-01T00:00:00+14:00"])
def test_it_loses_nothing_to_a_wrong_clock(diary: Diary, said_at: str) -> None:
    """A phone whose clock cannot be true is believed everything but the time."""
    assert send(diary.on(5), item(diary, said_at=said_at)).status_code == 201
    assert CheckIn.objects.get().said_at == diary.at


def test_it_refuses_what_is_too_large(diary: Diary) -> None:
    """More than anybody can say in a check-in."""
    refused = send(diary.on(5), item(diary, words="x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE))
    assert (refused.status_code, refused.json()["error"]) == (413, "large")


def test_it_lets_nobody_in_without_a_device(diary: Diary) -> None:
    """Told in JSON, so that the phone can keep what it has."""
    diary.client = Client()
    for answer in (send(diary.on(5), item(diary)), diary.get("pack.json")):
        assert (answer.status_code, answer.json()) == (401, {"error": "door"})


def test_it_lets_an_ended_device_no_longer_in(diary: Diary) -> None:
    """Revoked, it is told so."""
    Device.objects.update(ended_at=MONDAY)
    assert send(diary.on(5), item(diary)).status_code == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 201),
        ({"Sec-Fetch-Site": "none"}, 201),
        ({"Origin": "http://testserver"}, 201),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"}, 403),
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 403),
    ],
)
def test_it_listens_to_its_own_pages_only(diary: Diary, headers: dict[str, str], status: int) -> None:
    """Another site cannot check in for her."""
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = diary.client.cookies
    diary.client = strict
    assert send(diary.on(5), item(diary), headers).status_code == status


def test_it_takes_json_only(diary: Diary) -> None:
    """A form of another site can send other types without being asked first."""
    assert send(diary.on(5), item(diary), kind="text/plain").status_code == 415


def test_it_keeps_records_apart(diary: Diary) -> None:
    """What was said on a shared phone for one person is never kept for another."""
    other = a_patient(diary.doctor, name="Berta Beispiel", email="berta@patient.example")
    a_procedure(diary.doctor, other)
    sent = item(diary.on(5), record=str(diary.procedure.pk))
    diary.client = enter(on_phone(diary.doctor, other, diary.at)[1])
    refused = send(diary, sent)
    assert (refused.status_code, refused.json()) == (409, {"error": "record"})
    assert not CheckIn.objects.exists()


def test_it_takes_what_was_said_for_an_earlier_procedure(diary: Diary) -> None:
    """A second session began before the phone came back."""
    sent = item(diary.on(5), record=str(diary.procedure.pk))
    a_procedure(diary.doctor, diary.patient, at=diary.at)
    assert send(diary.on(6), sent).status_code == 201
    assert CheckIn.objects.get().procedure == diary.procedure


# -- The pack


def test_it_packs_all_that_the_phone_needs(diary: Diary) -> None:
    """The protocol's tables, the person, and whom to call; compressed, and not sent again while nothing changed."""
    diary.patient.clinic.on_call_phone = "+49 30 5550199"
    diary.patient.clinic.save()
    answer = diary.on(5).get("pack.json", headers={"Accept-Encoding": "gzip"})
    pack = json.loads(gzip.decompress(answer.content))
    assert (pack["call"], pack["numbers"], pack["wall"]) == (
        "112",
        ["+49 30 5550100", "+49 30 5550199"],
        "Europe/Berlin",
    )
    assert (pack["record"], pack["records"]) == (str(diary.procedure.pk), [str(diary.procedure.pk)])
    assert pack["phones"]["emergency"] == "112"
    assert len(answer.content) < 25_000
    again = diary.get("pack.json", headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_it_packs_anew_after_a_correction(diary: Diary) -> None:
    """The phone hears of it with its next page."""
    tag = diary.on(5).get("pack.json")["ETag"]
    version = correct_procedure(viewer=diary.doctor, procedure=diary.procedure, reason="age", at=diary.at)
    version.modifiers = {}
    version.save()
    sign_procedure(viewer=diary.doctor, version=version, revision=version.revision, at=diary.at)
    assert diary.get("pack.json", headers={"If-None-Match": tag}).status_code == 200


def test_it_packs_the_check_ins(diary: Diary) -> None:
    """What was said before is part of how the next one is judged."""
    send(diary.on(5), item(diary, answers={"swelling": {"level": "mild"}}))
    assert diary.get("pack.json").json()["history"]["tracks"]["swelling"][0] == 1


def test_it_packs_nothing_before_a_procedure(diary: Diary) -> None:
    """There is nothing to judge yet."""
    other = a_patient(diary.doctor, name="Berta Beispiel", email="berta@patient.example")
    diary.client = enter(on_phone(diary.doctor, other, diary.at)[1])
    assert diary.get("pack.json").status_code == 404
    assert send(diary, item(diary)).status_code == 409


# -- The form on the phone


READER = """
import { createInterface } from "node:readline";
const { questionsFor, readForm } = await import(process.argv[1]);
let pack;
for await (const line of createInterface({ input: process.stdin })) {
  const told = JSON.parse(line);
  if (told.pack) pack = told.pack;
  const here = { ...pack, history: { tracks: told.tracks } };
  const shown = questionsFor(here, told.day);
  const ids = (parts) => parts.map((part) => part.questions.map(({ id }) => id));
  console.log(JSON.stringify([ids(shown.parts), ids(shown.rest), readForm(here, shown, new Map(told.data))]));
}
"""


def forms(draws: random.Random, count: int) -> list[tuple[int, list[Said], dict[str, str]]]:
    """Days, check-ins before, and forms: known and unknown words, open and closed groups."""
    known = shipped()
    levels = {id: [*known.variables[id], "unknown", "", "strange"] for id in known["question"]}
    blanks = ["", " ", "\t\r\n", "\x1c\x85", "\xa0\u3000", "\ufeff", "It hurts <b>"]
    found = []
    for _ in range(count):
        data = {f"none-{group}": "1" for group in [*known["group"], "rest"] if draws.random() < 0.6}
        for id, words in levels.items():
            if draws.random() < 0.4:
                data[f"q-{id}"] = draws.choice(words)
                data |= {
                    f"q-{id}-{part}": draws.choice(["", "one", "worse", "cheek"]) for part in ("side", "trend", "zone")
                }
        data["words"] = "".join(draws.choices(blanks, k=3))
        told = {
            id: Answer(level=draws.choice([*known.variables[id], "unknown"]))
            for id in known["question"]
            if draws.random() < 0.2
        }
        before = [Said(day=0, answers=told, otherwise_no=draws.random() < 0.5)]
        found.append((draws.randrange(0, 400), before, data))
    return found


def test_it_reads_a_form_as_the_server_does() -> None:
    """On random days after random check-ins, the phone asks the same and reads the same from the same form."""
    known, cases = shipped(), forms(random.Random(20_260_302), 300)
    pack = offline.pack(known, Procedure(), (), "en")
    lines: list[dict[str, Any]] = []
    expected = []
    for day, before, data in cases:
        tracks = offline.pack(known, Procedure(), before, "en")["history"]["tracks"]
        lines.append({"day": day, "tracks": tracks, "data": list(data.items()), **({} if lines else {"pack": pack})})
        shown = questions_for(known, day, present_before(known, before))
        ids = [[[one.id for one in part.questions] for part in parts] for parts in (shown.parts, shown.rest)]
        expected.append([*ids, read_form(known, shown, data)])
    node = shutil.which("node")
    assert node, "`node` is not on the PATH, so the form on the phone cannot be compared. Install Node 20 or newer"
    done = subprocess.run(
        [node, "--input-type=module", "-e", READER, str(STATIC / "sheet.js")],
        input="\n".join(map(json.dumps, lines)), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert [json.loads(line) for line in done.stdout.split("\n") if line] == expected


# -- What makes the pages stay on the phone


def test_it_hands_out_a_worker_of_this_version(diary: Diary) -> None:
    """With every address it needs, and asked for anew every time."""
    answer = diary.get("worker.js")
    text = answer.content.decode()
    told = json.loads(re.match(r"const TOLD = (.*);\n", text).group(1))  # type: ignore[union-attr]
    assert told["version"] == phone.version()
    assert told["pages"] == ["/p/", "/p/plan", "/p/plan/leaflet", "/p/card", "/p/emergency"]
    assert {"/static/diary/engine.js", "/static/afterthread/app.css"} <= set(told["files"])
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("text/javascript; charset=utf-8", "no-cache")


def test_it_keeps_every_script_that_it_needs() -> None:
    """What a script imports is kept with it."""
    for name in phone.SCRIPTS:
        text = STATIC.joinpath(name).read_text(encoding="utf-8")
        assert set(re.findall(r'from "\./(.+?)"', text)) <= set(phone.SCRIPTS)


def test_it_changes_version_with_its_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """A phone that holds other files gets these."""
    before = phone.version()
    monkeypatch.setattr(phone, "SCRIPTS", phone.SCRIPTS[1:])
    assert phone.version.__wrapped__() != before


@pytest.mark.django_db
def test_it_stands_in_for_anybody() -> None:
    """Without a device, the offline page names the number that works in most countries."""
    page = Client().get("/p/offline").content.decode()
    assert "tel:112" in page
    assert "Linden" not in page


def test_it_stands_in_with_the_clinic_of_the_patient(diary: Diary) -> None:
    """In her language, with her clinic's numbers."""
    diary.patient.language = "ru"
    diary.patient.save()
    diary.patient.clinic.emergency_phone = "103"
    diary.patient.clinic.save()
    page = diary.get("offline").content.decode()
    assert 'lang="ru"' in page
    assert "tel:103" in page
    assert "tel:+49 30 5550100" in page


@pytest.mark.parametrize(("language", "direction"), [("en", "ltr"), ("ru", "ltr")])
def test_it_can_be_put_on_the_home_screen(diary: Diary, language: str, direction: str) -> None:
    """Under the name of the diary, beginning with today."""
    told = diary.get("manifest.webmanifest", headers={"Accept-Language": language}).json()
    assert (told["start_url"], told["scope"], told["lang"], told["dir"]) == ("/p/", "/p/", language, direction)
    assert told["icons"][0]["src"].endswith(".svg")


def test_it_counts_in_every_language(diary: Diary) -> None:
    """The bar knows a form for one and for many, each with its number."""
    with translation.override("en"):
        page = diary.on(5).get().content.decode()
    assert 'data-one="1 check-in has not been sent yet."' in page
    assert 'data-many="5 check-ins have not been sent yet."' in page


def test_it_blocks_nothing_on_the_first_visit(diary: Diary) -> None:
    """The page is there before any of its scripts, and the pack is not part of it."""
    page = diary.on(5).get().content.decode()
    assert re.findall(r"<script(?! type=\"module\")", page) == []
    assert "artefact" not in page
