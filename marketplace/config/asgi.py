"""ASGI entry."""

import os

from django.core.asgi import get_asgi_application

from marketplace.config.startup import refuse_unsafe_start

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.config.settings")

application = get_asgi_application()
refuse_unsafe_start()
