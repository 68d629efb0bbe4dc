"""Django app of the pipeline, the only room that knows the whole life of a job."""

from typing import Any, ClassVar

from django.apps import AppConfig


class PipelineConfig(AppConfig):
    name = "scheduler.pipeline"
    label = "pipeline"
    verbose_name = "Pipeline"
    default_auto_field = "django.db.models.BigAutoField"
    beat_schedule: ClassVar[dict[str, Any]] = {
        "sweep jobs": {"task": "pipeline.sweep", "schedule": 5.0, "options": {"expires": 10}}
    }

    def ready(self) -> None:
        """Tell leases what the results of each kind of task must be."""
        from scheduler.leases.hooks import validators
        from scheduler.pipeline.validators import VALIDATORS

        validators.update(VALIDATORS)
