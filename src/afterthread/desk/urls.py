"""The addresses of the desk."""

from __future__ import annotations

from afterthread.desk import worklist
from afterthread.desk.patient import patient, person, phone
from afterthread.desk.practice import figure, setting
from afterthread.desk.procedure import procedure

app_name = "desk"
urlpatterns = [
    *worklist.urlpatterns,
    *person.urlpatterns,
    *patient.urlpatterns,
    *phone.urlpatterns,
    *procedure.urlpatterns,
    *figure.urlpatterns,
    *setting.urlpatterns,
]
