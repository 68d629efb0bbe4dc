"""Celery tasks of leases."""

from celery import shared_task

from scheduler.leases.closing import leases_sweep


@shared_task(name="leases.sweep")
def sweep() -> None:
    """Close expired leases, give up tasks of silent parties."""
    leases_sweep()
