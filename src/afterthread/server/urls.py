"""Every address of the application."""

from __future__ import annotations

from django.urls import include, path

from afterthread.server.home import gallery, home
from afterthread.server.upkeep import health

urlpatterns = [
    path("", home, name="home"),
    path("health", health.show, name="health"),
    path("gallery", gallery, name="gallery"),
    path("accounts/", include("allauth.urls")),
    path("desk/", include("afterthread.desk.urls")),
    path("p/", include("afterthread.diary.urls")),
    path("card/", include("afterthread.exchange.card")),
]
handler400 = "afterthread.server.error.unreadable"
handler500 = "afterthread.server.error.failed"
