"""Messages with the clinic."""

from __future__ import annotations

import unicodedata
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.db import InternalError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from afterthread.clinic import clock
from afterthread.clinic.flow.message import read_messages, write_message
from afterthread.clinic.hour import due
from afterthread.clinic.queries.message import messages_of, unread_of
from afterthread.clinic.queries.promise import message_look
from afterthread.clinic.questionnaire import LONGEST_TEXT
from afterthread.clinic.roles import Viewer
from afterthread.clinic.schedule import schedule_of
from afterthread.diary.page import herself, page, show
from afterthread.protocol.model import Urgency


class TextField(forms.CharField):
    """Text as it was counted while it was typed: browsers send two signs for the end of a line and count one."""

    def to_python(self, value: Any) -> str | None:
        """The text with simple ends of lines, and without letters that nobody typed and nobody sees."""
        return super().to_python(_seen(value.replace("\r\n", "\n")) if isinstance(value, str) else value)


def _seen(text: str) -> str:
    return "".join(letter for letter in text if letter in "\n\t" or unicodedata.category(letter) != "Cc")


class MessageForm(forms.Form):
    """One message; its key makes sending it twice harmless."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    text = TextField(
        max_length=LONGEST_TEXT,
        label=gettext_lazy("Write to the clinic"),
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": gettext_lazy("Write something first.")},
    )


@page("GET", "HEAD", "POST")
def show_messages(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """What was written, and a form to write."""
    at = clock.now()
    form = MessageForm(request.POST or None, initial={"key": uuid4()})
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        write_message(viewer=viewer, patient=herself(viewer), key=told["key"], text=told["text"], at=at)
        messages.success(request, _("Your message is with the clinic."))
        return redirect("diary:messages")
    return _read(request, viewer, form, at)


def _read(request: HttpRequest, viewer: Viewer, form: MessageForm, at: datetime) -> HttpResponse:
    """The page; what the clinic wrote is new once."""
    patient = herself(viewer)
    context = {
        "talk": messages_of(viewer, patient),
        "form": form,
        "look": message_look(viewer, patient, at),
        "usual": due(*schedule_of(patient.clinic), Urgency.ROUTINE, at),
        "now": at,
    }
    if unread_of(viewer, patient):
        with suppress(OperationalError, InternalError):  # it can be read although nothing can be written
            read_messages(viewer=viewer, patient=patient, at=at)
    return show(request, viewer, "diary/messages.html", context, status=400 if form.errors else 200)


urlpatterns = [path("messages", show_messages, name="messages")]
