"""Celery tasks of leases."""

from celery import shared_task

from scheduler.leases.closing import leases_sweep
from scheduler.leases.purging import shares_purge


@shared_task(name="leases.sweep")
def sweep() -> None:
    """Close expired leases, give up tasks of silent parties."""
    leases_sweep()


@shared_task(name="leases.purge_shares")
def purge_shares() -> None:
    """Delete the sealed shares of jobs that ended long enough ago."""
    shares_purge()
