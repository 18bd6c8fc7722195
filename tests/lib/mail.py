"""A real mail server on this machine, which keeps what it is given or answers as it is told."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller


class Sink:
    """Keeps every letter; `answer` is what it says to each."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.answer = "250 kept"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep a letter, unless told to refuse it."""
        if self.answer.startswith("250"):
            self.letters.append(BytesParser(policy=default).parsebytes(envelope.content))
        return self.answer


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@contextmanager
def mail_server(settings: Any) -> Iterator[Sink]:
    """A server that is up for a while, and Django sending to it."""
    sink = Sink()
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    controller = Controller(sink, hostname=settings.EMAIL_HOST, port=settings.EMAIL_PORT)
    controller.start()
    try:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_TIMEOUT = 2
        yield sink
    finally:
        controller.stop()
