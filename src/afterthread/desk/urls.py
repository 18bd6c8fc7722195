"""The addresses of the desk."""

from __future__ import annotations

from afterthread.desk import figure, patient, procedure, setting, worklist

app_name = "desk"
urlpatterns = [
    *worklist.urlpatterns,
    *patient.urlpatterns,
    *procedure.urlpatterns,
    *figure.urlpatterns,
    *setting.urlpatterns,
]
