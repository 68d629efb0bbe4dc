"""Django app of the API's foundations."""

from django.apps import AppConfig


class RestConfig(AppConfig):
    name = "marketplace.rest"
    label = "rest"
    verbose_name = "REST"
    default_auto_field = "django.db.models.BigAutoField"
    beat_schedule = {
        "forget old requests": {"task": "rest.forget_old_requests", "schedule": 60.0},
    }

    def ready(self) -> None:
        from marketplace.rest import openapi  # noqa: F401 - registers the authentication scheme
