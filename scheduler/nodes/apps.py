"""Django app of compute nodes."""

from django.apps import AppConfig


class NodesConfig(AppConfig):
    name = "scheduler.nodes"
    label = "nodes"
    verbose_name = "Compute nodes"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Leases ask whether a party drains; they know nothing of nodes."""
        from scheduler.leases.hooks import drain_checks
        from scheduler.nodes.selectors import is_draining

        drain_checks.append(is_draining)
