"""What every page of the desk has in common: who looks, in which clinic, and whether she may."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from afterthread.clinic.flow.clinic import viewer_of
from afterthread.clinic.models import User

View = Callable[..., HttpResponse]


def page(what: str, *methods: str) -> Callable[[View], View]:
    """Make `view(request, viewer, …)` a page of one clinic that shows or does `what` of the table of roles.

    Somebody without a place in the clinic gets the same answer as for a clinic that does not exist.
    """

    def decorate(view: View) -> View:
        @never_cache
        @require_http_methods(methods or ("GET", "HEAD"))
        @login_required
        @functools.wraps(view)
        def run(request: HttpRequest, clinic: str, **given: Any) -> HttpResponse:
            user = cast("User", request.user)
            viewer = viewer_of(user, clinic)
            viewer.require(what)
            translation.activate(user.language)
            request.viewer = viewer  # type: ignore[attr-defined]  # the shell's navigation shows where one is
            return view(request, viewer, **given)

        return cast("View", run)

    return decorate
