"""The addresses of the diary."""

from __future__ import annotations

from afterthread.diary import checkin, door, emergency, message, phone, plan, today

app_name = "diary"
urlpatterns = [
    *today.urlpatterns,
    *door.urlpatterns,
    *plan.urlpatterns,
    *checkin.urlpatterns,
    *message.urlpatterns,
    *emergency.urlpatterns,
    *phone.urlpatterns,
]
