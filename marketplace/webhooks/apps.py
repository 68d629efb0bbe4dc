"""Django app of webhooks."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "marketplace.webhooks"
    label = "webhooks"
    verbose_name = "Webhooks"
    default_auto_field = "django.db.models.BigAutoField"
    beat_schedule = {
        "announce new events": {"task": "webhooks.announce", "schedule": 2.0},
        "deliver what is due": {"task": "webhooks.deliver_due", "schedule": 2.0},
        "forget old deliveries": {"task": "webhooks.forget_old", "schedule": 3600.0},
    }
