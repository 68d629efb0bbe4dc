"""The Django project: settings, addresses, WSGI, ASGI and Celery (`celery -A marketplace.config`)."""

from marketplace.config.celery import app as celery_app

__all__ = ["celery_app"]
