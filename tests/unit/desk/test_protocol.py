"""The pages of the clinic's own protocol: days changed in a form, errors beside the field, nothing typed is lost."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from afterthread.clinic import clock
from afterthread.clinic.models import Clinic, Move, Overlay, Procedure, SignOff
from afterthread.clinic.queries.protocol.proof import RED_FLAGS
from afterthread.clinic.roles import Role, Viewer
from afterthread.desk.protocol.edit import read_days, take_back
from afterthread.desk.protocol.finding import AGAINST, PROPERTIES
from afterthread.protocol.load import shipped
from afterthread.verify.properties import PROPERTIES as PROVED
from tests.lib.clinic import MONDAY, a_clinic, a_patient, a_procedure, a_staff, on_phone, says
from tests.lib.practice import text
from tests.lib.record.overlay import STRICTER, adopted, drafted

pytestmark = pytest.mark.django_db
URL = "/desk/linden/settings/protocol"
NOW = MONDAY + timedelta(days=15)
BRUISE = {"until_mild": "9", "until_moderate": "9", "until_severe": "9", "past": "routine"}
SAUNA = {"start_n": "0", "start_unit": "d", "end_n": "14", "end_unit": "d"}


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def doctor(client: Client) -> Viewer:
    """A practitioner, signed in."""
    return signed_in(client, a_staff(a_clinic()))


def signed_in(client: Client, viewer: Viewer) -> Viewer:
    """Somebody is signed in."""
    assert viewer.staff is not None
    client.force_login(viewer.staff.user)
    return viewer


def put(client: Client, entry: str, typed: dict[str, str], revision: int | None = None) -> Any:
    """Send the page of one entry."""
    now = Overlay.objects.get(adopted_at=None).revision if revision is None else revision
    return client.post(f"{URL}/draft/{entry}", {**typed, "revision": str(now)})


def document() -> Any:
    """What stands in the draft."""
    return Overlay.objects.get(adopted_at=None).document


def test_it_begins_one_draft(client: Client, doctor: Viewer) -> None:
    """Pressed twice, there is one; and it starts from what is in force."""
    adopted(doctor, STRICTER)
    for _ in range(2):
        assert client.post(f"{URL}/draft").status_code == 302
    assert document() == STRICTER
    client.post(f"{URL}/draft/discard", {"revision": "0"})
    client.post(f"{URL}/draft", {"from": "shipped"})
    assert document() == {}


def test_it_keeps_only_what_differs_from_what_is_shipped(client: Client, doctor: Viewer) -> None:
    """Sauna from day 21 to day 14; what is typed as shipped leaves no trace, and taking it back leaves none either."""
    client.post(f"{URL}/draft")
    assert put(client, "step.sauna", SAUNA).status_code == 302
    assert document() == {"step": {"sauna": {"end": "14d"}}}
    put(client, "course.bruise", BRUISE | {"until_severe": "14", "past": "same_day"})
    assert document()["course"] == {"bruise": {"until": {"mild": 9, "moderate": 9}, "past": "same_day"}}
    put(client, "step.sauna", SAUNA | {"end_n": "21"})
    put(client, "course.bruise", {"do": "back"})
    assert document() == {}


def test_it_sets_urgencies_days_and_words(client: Client, doctor: Viewer) -> None:
    """A rule, the days of the check-ins, and one sentence in one language."""
    client.post(f"{URL}/draft")
    put(client, "rule.thread_out", {"urgency": "same_day", "words_en_because": "A thread\r\nshows."})
    put(client, "step.checkin", {"days": "3, 0 1;7"})
    assert document() == {
        "rule": {"thread_out": {"urgency": "same_day"}},
        "step": {"checkin": {"days": [0, 1, 3, 7]}},
        "words": {"en": {"rule": {"thread_out": {"because": "A thread\nshows."}}}},
    }
    page = text(client.get(f"{URL}/draft/rule.thread_out"))
    assert "A thread" in page
    assert "Changed against the shipped protocol" in page


@pytest.mark.parametrize(
    ("entry", "typed", "says"),
    [
        ("step.sauna", SAUNA | {"end_n": ""}, "yours needs one too"),
        ("step.sauna", SAUNA | {"start_n": "20"}, "It would end before it begins"),
        ("step.sauna", SAUNA | {"end_n": "soon"}, "Write a whole number from 0 to 3650"),
        ("step.sauna", SAUNA | {"end_unit": "w"}, "Select a valid choice"),
        ("step.checkin", {"days": "every day"}, "Write day numbers with commas"),
        ("step.checkin", {"days": ""}, "This field is required"),
        ("course.bruise", BRUISE | {"until_mild": "-1"}, "Write a whole number from 0 to 3650"),
        ("course.bruise", BRUISE | {"until_mild": "99999999999999999999"}, "Write a whole number from 0 to 3650"),
        ("course.bruise", BRUISE | {"past": "self_care"}, "Select a valid choice"),
        ("rule.thread_out", {"urgency": "emergency"}, "cannot be made an emergency"),
        ("rule.thread_out", {"urgency": "same_day", "words_en_because": "x" * 1001}, "Use at most 1000 characters"),
    ],
)
def test_it_says_beside_the_field_what_is_wrong(
    client: Client, doctor: Viewer, entry: str, typed: dict[str, str], says: str
) -> None:
    """Nothing is stored, and what was typed stands there still."""
    client.post(f"{URL}/draft")
    answer = put(client, entry, typed)
    assert answer.status_code == 422
    assert says in text(answer)
    assert document() == {}


def test_it_loses_nothing_when_two_change_it_at_once(client: Client, doctor: Viewer) -> None:
    """The second is told so, sees both, and sending it again puts it into the draft beside the other change."""
    client.post(f"{URL}/draft")
    put(client, "course.bruise", BRUISE)
    late = put(client, "step.sauna", SAUNA, revision=0)
    assert late.status_code == 409
    assert 'value="14"' in text(late)
    assert "What is stored now" in text(late)
    assert put(client, "step.sauna", SAUNA).status_code == 302
    assert set(document()) == {"course", "step"}
    assert put(client, "step.sauna", SAUNA, revision=0).status_code == 302, "the same page sent twice"


def test_it_changes_nothing_without_a_draft(client: Client, doctor: Viewer) -> None:
    """Entries can be read, and a form that comes too late is answered in plain words."""
    assert "Begin a draft to change it" in text(client.get(f"{URL}/draft/step.sauna"))
    answer = client.post(f"{URL}/draft/step.sauna", SAUNA, follow=True)
    assert "There is no draft any more" in text(answer)
    assert not Overlay.objects.exists()


@pytest.mark.parametrize("entry", ["step.nothing", "zone.chin", "sauna", "course.", "question.fever"])
def test_it_shows_only_what_a_clinic_may_change(client: Client, doctor: Viewer, entry: str) -> None:
    """Anything else is not there."""
    assert client.get(f"{URL}/draft/{entry}").status_code == 404


def test_it_finds_entries_by_their_words(client: Client, doctor: Viewer) -> None:
    """Whoever looks for the sauna finds the sauna, in all sections; each has its sources beside it."""
    found = text(client.get(f"{URL}/draft", {"q": "SAUNA"}))
    assert "/draft/step.sauna" in found
    assert "/draft/course.bruise" not in found
    assert "No such entry" in text(client.get(f"{URL}/draft", {"q": "xyzzy"}))
    entry = text(client.get(f"{URL}/draft/step.sauna"))
    assert "Where sources disagree" in entry
    assert "Cambridge" in entry


def test_it_shows_what_was_found_in_words(client: Client, doctor: Viewer) -> None:
    """A property that fails names a person: what she says on which day, and how urgent both find it."""
    drafted(doctor, {"rule": {"pus": {"urgency": "routine"}}})
    assert "It is not checked as it stands" in text(client.get(f"{URL}/check"))
    page = text(client.post(f"{URL}/check", follow=True))
    assert "No emergency and no same-day sign of the shipped protocol is answered lower." in page
    assert "Shipped: Same day. Yours: Routine." in page
    assert "discharge: pus" in page.casefold()
    refused = client.post(f"{URL}/adopt", {"revision": "1", "read": "on", "reason": "because"})
    assert refused.status_code == 422
    assert "No reason allows that" in text(refused)


def test_it_names_patients_only_to_those_who_may_read_them(client: Client, doctor: Viewer) -> None:
    """The replay names people for clinicians; an administrator sees the same counts and no names."""
    procedure = a_procedure(doctor, a_patient(doctor, name="Anna Beispiel"))
    says(on_phone(doctor, procedure.patient)[0], procedure, MONDAY + timedelta(days=12), bruise="mild")
    drafted(doctor, {"course": {"bruise": {"until": {"mild": 9, "moderate": 9, "severe": 9}}}} | STRICTER)
    page = text(client.post(f"{URL}/check", follow=True))
    assert page.count("Anna Beispiel") == 2
    assert "Bruise: expected → past its window (Routine)" in page
    assert "day 0 to 20 (22 March 2026)" in page
    admin = Client()
    signed_in(admin, a_staff(doctor.own_clinic, Role.ADMIN))
    told = text(admin.get(f"{URL}/check"))
    assert "Anna" not in told
    assert "More urgent" in told
    assert "Anna" not in text(admin.get(URL))


def test_it_adopts_what_was_read(client: Client, doctor: Viewer) -> None:
    """Unread, it says so beside the box and keeps the reason; ticked, it is in force."""
    drafted(doctor, STRICTER)
    client.post(f"{URL}/check")
    unread = client.post(f"{URL}/adopt", {"revision": "1", "reason": "Heat is bad."})
    assert unread.status_code == 422
    assert str(AGAINST["unread"]) in text(unread)
    assert "Heat is bad." in text(unread)
    client.post(f"{URL}/adopt", {"revision": "1", "reason": "Heat is bad.", "read": "on"})
    assert Clinic.objects.get().protocol is not None
    page = text(client.get(URL))
    assert "2026.11+c_linden_1" in page
    assert "Heat is bad." in page
    assert client.post(f"{URL}/adopt", {"revision": "1", "read": "on"}).status_code == 302, "pressed twice"


def test_it_signs_off_and_withdraws(client: Client, doctor: Viewer) -> None:
    """Name, profession and a tick, none of them filled in beforehand; a withdrawn one stays in the list."""
    page = text(client.get(URL))
    assert 'name="agreed"' in page
    assert "checked" not in page.split('name="agreed"')[1][:60]
    told = {"protocol": shipped().digest, "name": "Dr Ines Falk", "profession": "Dermatologist"}
    assert client.post(f"{URL}/sign-off", told).status_code == 422
    assert not SignOff.objects.exists()
    for _ in range(2):
        client.post(f"{URL}/sign-off", told | {"agreed": "on"})
    signed = SignOff.objects.get()
    client.post(f"{URL}/sign-off", told | {"agreed": "on", "protocol": "0" * 64})
    for number in (str(signed.pk), "x", "", "9" * 30):
        assert client.post(f"{URL}/sign-off/withdraw", {"sign_off": number}).status_code == 302
    assert "withdrawn on" in text(client.get(URL))
    assert client.post(f"{URL}/sign-off/withdraw", {"sign_off": "999999"}).status_code == 404


def test_it_shows_before_it_moves(client: Client, doctor: Viewer) -> None:
    """The plan's dates and the decisions of this one person, then a reason, then the act; once."""
    procedure: Procedure = a_procedure(doctor, a_patient(doctor))
    says(on_phone(doctor, procedure.patient)[0], procedure, MONDAY + timedelta(days=12), bruise="mild")
    url = f"/desk/linden/procedures/{procedure.versions.get().pk}/"
    assert "runs on the protocol in force" in text(client.get(f"{url}move"))
    own = adopted(doctor, {"course": {"bruise": {"until": {"mild": 9, "moderate": 9, "severe": 9}}}} | STRICTER)
    assert "See what moving it would change" in text(client.get(url))
    page = text(client.get(f"{url}move"))
    assert "day 0 to 27 (29 March 2026)" in page
    assert "Bruise: expected → past its window (Routine)" in page
    assert client.post(f"{url}move", {"to": own.protocol_id}).status_code == 422
    stale = client.post(f"{url}move", {"to": shipped().digest, "reason": "x"}, follow=True)
    assert "Nothing was moved" in text(stale)
    for _ in range(2):
        client.post(f"{url}move", {"to": own.protocol_id, "reason": "She asked."})
    assert Move.objects.count() == 1
    assert "She asked." in text(client.get(url))


def test_it_says_every_property_in_words() -> None:
    """A property without a sentence would stand on the page as a name."""
    assert {one.__name__ for one in PROVED} | {RED_FLAGS} == set(PROPERTIES)


def test_it_reads_days_as_people_write_them() -> None:
    """Commas, semicolons, spaces, and a day that stands twice."""
    assert read_days(" 7;1, 3 3 0") == [0, 1, 3, 7]


def test_it_takes_back_one_entry_and_no_other() -> None:
    """Words and days of it go, everything else stays, and no empty table is left."""
    words = {"en": {"step": {"sauna": {"title": "x"}}, "rule": {"pus": {"because": "y"}}}}
    before: dict[str, Any] = {"step": {"sauna": {"end": "14d"}}, "words": words}
    assert take_back(before, "step.sauna") == {"words": {"en": {"rule": {"pus": {"because": "y"}}}}}
    assert "step" in before
