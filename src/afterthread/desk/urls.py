"""The addresses of the desk."""

from __future__ import annotations

from afterthread.desk import worklist
from afterthread.desk.complication import complication, removal
from afterthread.desk.patient import patient, person, phone, right
from afterthread.desk.practice import consent as consent_text
from afterthread.desk.practice import figure, outcome, product, recall, setting, stock
from afterthread.desk.procedure import consent, consultation, handoff, procedure, screening
from afterthread.desk.protocol import check, draft, move, version

app_name = "desk"
urlpatterns = [
    *worklist.urlpatterns,
    *person.urlpatterns,
    *patient.urlpatterns,
    *phone.urlpatterns,
    *right.urlpatterns,
    *procedure.urlpatterns,
    *consultation.urlpatterns,
    *consent.urlpatterns,
    *screening.urlpatterns,
    *complication.urlpatterns,
    *removal.urlpatterns,
    *handoff.urlpatterns,
    *figure.urlpatterns,
    *outcome.urlpatterns,
    *stock.urlpatterns,
    *product.urlpatterns,
    *recall.urlpatterns,
    *version.urlpatterns,
    *draft.urlpatterns,
    *check.urlpatterns,
    *move.urlpatterns,
    *setting.urlpatterns,
    *consent_text.urlpatterns,
]
