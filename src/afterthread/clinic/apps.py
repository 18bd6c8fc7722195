"""The clinic as a Django application."""

from django.apps import AppConfig


class ClinicConfig(AppConfig):
    """Tables, verbs and queries."""

    name = "afterthread.clinic"
    label = "clinic"
    default_auto_field = "django.db.models.BigAutoField"
