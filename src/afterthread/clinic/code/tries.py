"""Counting tries from one address of the internet and from everywhere, so that guessing comes to an end."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

PAUSE = 600
"""Seconds after which somebody who tried too often may try again."""


@dataclass(frozen=True, slots=True)
class Tries:
    """What is counted under a name, and how many within a pause are allowed to one address and to all together."""

    name: str
    of_one: int
    of_all: int

    def left(self, request: HttpRequest) -> bool:
        """Whether fewer were counted in this pause than are allowed."""
        mine, all_of = (int(cache.get(key, 0)) for key in self._keys(request))
        return mine < self.of_one and all_of < self.of_all

    def count(self, request: HttpRequest) -> None:
        """One more."""
        for key in self._keys(request):
            cache.add(key, 0, PAUSE)
            try:
                cache.incr(key)
            except ValueError:  # the pause ended in between
                cache.set(key, 1, PAUSE)

    def _keys(self, request: HttpRequest) -> tuple[str, str]:
        return f"{self.name}:{client_address(request)}", f"{self.name}:all"


def client_address(request: HttpRequest) -> str:
    """Where a request comes from; behind our own proxy, what it wrote last."""
    passed = request.headers.get("X-Forwarded-For", "") if settings.SECURE_PROXY_SSL_HEADER else ""
    return passed.rpartition(",")[2].strip() or str(request.META.get("REMOTE_ADDR", ""))
