"""WSGI entry: `gunicorn marketplace.config.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

from marketplace.config.startup import refuse_unsafe_start

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.config.settings")

application = get_wsgi_application()
refuse_unsafe_start()
