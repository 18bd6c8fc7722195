"""The front door knows who is in, and shows the two ways in to everybody else."""

from typing import Any

import pytest
from django.test import Client

from afterthread.clinic.models import User
from afterthread.diary.page import COOKIE
from tests.lib.clinic import a_clinic, a_patient, a_staff, on_phone

pytestmark = pytest.mark.django_db


def test_it_shows_both_ways_in(client: Client) -> None:
    """Patients enter a code, staff sign in, and help stands below."""
    text = client.get("/").content.decode()
    assert "/p/enter" in text
    assert "/accounts/login/" in text
    assert "112" in text


def test_it_sends_everybody_on(client: Client) -> None:
    """A patient's device goes to the diary, staff go to the desk."""
    doctor = a_staff(a_clinic())
    client.cookies[COOKIE] = on_phone(doctor, a_patient(doctor))[1]
    assert client.get("/").headers["Location"] == "/p/"
    client.force_login(User.objects.get())
    assert client.get("/").headers["Location"] == "/desk/"


def test_it_shows_the_gallery_to_developers_only(client: Client, settings: Any) -> None:
    """The page of all parts is there in the demonstration and nowhere else."""
    assert client.get("/gallery").status_code == 200
    settings.AFTERTHREAD_DEMO = settings.DEBUG = False
    assert client.get("/gallery").status_code == 404
