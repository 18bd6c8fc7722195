"""The addresses of the diary."""

from __future__ import annotations

from afterthread.diary import checkin, door, emergency, message, phone, plan, today
from afterthread.diary.record import consent, handoff, outcome, preparation, right, screening

app_name = "diary"
urlpatterns = [
    *today.urlpatterns,
    *door.urlpatterns,
    *plan.urlpatterns,
    *checkin.urlpatterns,
    *message.urlpatterns,
    *emergency.urlpatterns,
    *phone.urlpatterns,
    *right.urlpatterns,
    *outcome.urlpatterns,
    *handoff.urlpatterns,
    *preparation.urlpatterns,
    *screening.urlpatterns,
    *consent.urlpatterns,
]
