"""Housekeeping of licences."""

from __future__ import annotations

from celery import shared_task

from marketplace.licences.services import licences_expire

__all__ = ["expire_licences"]


@shared_task(name="licences.expire")
def expire_licences() -> None:
    """Mark licences whose validity is over. Admission reads the dates, so a late mark harms nobody."""
    licences_expire()
