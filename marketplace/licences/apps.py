"""Django app of licences and their quantities."""

from django.apps import AppConfig


class LicencesConfig(AppConfig):
    name = "marketplace.licences"
    label = "licences"
    verbose_name = "Licences"
    default_auto_field = "django.db.models.BigAutoField"
    beat_schedule = {
        "expire licences": {"task": "licences.expire", "schedule": 60.0},
    }
