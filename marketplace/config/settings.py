"""All settings of the market, read once from the environment. docs/operations.md lists the variables."""

from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from marketplace.config import environment, logs

BASE_DIR = Path(__file__).resolve().parents[2]

# Environment -----------------------------------------------------------------------------------
HENGSUAN_ENV = environment.choice("HENGSUAN_ENV", "development", ("development", "test", "production"))
IS_PRODUCTION = HENGSUAN_ENV == "production"
DEBUG = environment.boolean("HENGSUAN_DEBUG", default=False)

DEVELOPMENT_SECRET = "for-development-only-0123456789abcdefghijklmnopqrstuvwxyz"  # noqa: S105 - refused below
SECRET_KEY = environment.text("HENGSUAN_SECRET_KEY", None if IS_PRODUCTION else DEVELOPMENT_SECRET)
if IS_PRODUCTION and (SECRET_KEY == DEVELOPMENT_SECRET or len(SECRET_KEY) < 50):
    raise ImproperlyConfigured(
        "HENGSUAN_SECRET_KEY is the default or shorter than 50 characters; make a new one"
    )
if IS_PRODUCTION and DEBUG:
    raise ImproperlyConfigured("HENGSUAN_DEBUG is on; production shows no tracebacks to strangers, unset it")

HENGSUAN_VAR_DIR = environment.path("HENGSUAN_VAR_DIR", BASE_DIR / "var")
BLOB_ROOT = HENGSUAN_VAR_DIR / "blobs"
SETUP_ROOT = HENGSUAN_VAR_DIR / "setups"

ALLOWED_HOSTS = environment.items("HENGSUAN_ALLOWED_HOSTS", "" if IS_PRODUCTION else "localhost,127.0.0.1")
if IS_PRODUCTION and not ALLOWED_HOSTS:
    raise ImproperlyConfigured(
        "HENGSUAN_ALLOWED_HOSTS is not set; list the host names that this market serves"
    )
CSRF_TRUSTED_ORIGINS = environment.items("HENGSUAN_TRUSTED_ORIGINS")

# Application -----------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "marketplace.rest",
    "marketplace.accounts",
    "marketplace.catalogue",
    "marketplace.licences",
    "marketplace.orders",
    "marketplace.chain",
    "marketplace.webhooks",
    "scheduler.nodes",
    "scheduler.leases",
    "scheduler.pipeline",
    "marketplace.audit",
    "marketplace.web",
]

MIDDLEWARE = [
    "marketplace.rest.request_id.RequestIdMiddleware",
    "marketplace.rest.ratelimit.RateLimitHeaders",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "marketplace.config.urls"
WSGI_APPLICATION = "marketplace.config.wsgi.application"
ASGI_APPLICATION = "marketplace.config.asgi.application"
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "frontend" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Database --------------------------------------------------------------------------------------
DATABASES: dict[str, Any] = {
    "default": dj_database_url.parse(
        environment.text(
            "DATABASE_URL", None if IS_PRODUCTION else "postgresql://hengsuan@127.0.0.1:5432/hengsuan"
        ),
        conn_max_age=environment.integer("HENGSUAN_DB_CONN_MAX_AGE_SECONDS", 60),
        conn_health_checks=True,
    )
}
if DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql":
    raise ImproperlyConfigured(
        "DATABASE_URL must name a PostgreSQL server; the schema needs its triggers and SKIP LOCKED"
    )
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# People ----------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "admin:login"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_PRODUCTION
SECURE_SSL_REDIRECT = environment.boolean("HENGSUAN_SSL_REDIRECT", default=IS_PRODUCTION)
SECURE_HSTS_SECONDS = 31_536_000 if IS_PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IS_PRODUCTION
IS_BEHIND_TLS_PROXY = environment.boolean("HENGSUAN_BEHIND_TLS_PROXY", default=False)
if IS_BEHIND_TLS_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# Languages and time ----------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("简体中文")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "frontend" / "locale"]
USE_I18N = True
TIME_ZONE = "UTC"
USE_TZ = True

# Static files ----------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = environment.path("HENGSUAN_STATIC_ROOT", HENGSUAN_VAR_DIR / "static")
STATICFILES_DIRS = [folder for folder in (BASE_DIR / "frontend" / "static",) if folder.is_dir()]
if IS_PRODUCTION:
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }

# REST ------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "marketplace.rest.authentication.SignedRequestAuthentication",
        "marketplace.rest.authentication.ApiKeyAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["marketplace.rest.permissions.IsSignedParty"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["marketplace.rest.parsers.StrictJsonParser"],
    "DEFAULT_PAGINATION_CLASS": "marketplace.rest.pagination.ItemsCursorPagination",
    "DEFAULT_SCHEMA_CLASS": "marketplace.rest.openapi.PartyApiSchema",
    "DEFAULT_THROTTLE_CLASSES": ["marketplace.rest.ratelimit.RequestRate"],
    "EXCEPTION_HANDLER": "marketplace.rest.problems.problem_response",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "COERCE_DECIMAL_TO_STRING": True,
    "PAGE_SIZE": 50,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Hengsuan",
    "DESCRIPTION": "REST API for parties: data providers, consumers and compute nodes.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "marketplace.rest.openapi.add_problem_responses",
    ],
    "ENUM_NAME_OVERRIDES": {
        "PartyKind": "marketplace.accounts.models.PartyKind",
        "DatasetState": "marketplace.catalogue.models.DatasetState",
        "LicenceState": "marketplace.licences.models.LicenceState",
        "AgreementState": "marketplace.licences.models.AGREEMENT_STATES",
        "JobState": "marketplace.orders.models.JobState",
        "Visibility": "marketplace.orders.models.Visibility",
        "TaskKind": "scheduler.leases.models.TaskKind",
        "TaskStateName": "scheduler.leases.models.TaskState",
    },
}
PROBLEM_TYPE_BASE = "https://hengsuan.invalid/problems/"
SIGNATURE_WINDOW_SECONDS = 60
WEBHOOK_ALLOW_PRIVATE = environment.boolean("HENGSUAN_WEBHOOK_ALLOW_PRIVATE", default=False)
# Requests at once, and the seconds in which that many are allowed anew.
RATE_LIMITS = {
    "party": (environment.integer("HENGSUAN_RATE_PER_PARTY", 600, minimum=1), 20),
    "address": (environment.integer("HENGSUAN_RATE_PER_ADDRESS", 600, minimum=1), 20),
}
MAX_JSON_BYTES = 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = None  # blobs stream to disk under their own limit; JSON has MAX_JSON_BYTES

HEARTBEAT_SECONDS = environment.integer("HENGSUAN_HEARTBEAT_SECONDS", 5, minimum=1, maximum=300)
LEASE_SECONDS = environment.integer("HENGSUAN_LEASE_SECONDS", 30, minimum=2, maximum=3600)
LEASE_WAIT_SECONDS = environment.integer("HENGSUAN_LEASE_WAIT_SECONDS", 25, minimum=0, maximum=25)
SHARE_GRACE_SECONDS = environment.integer("HENGSUAN_SHARE_GRACE_SECONDS", 7 * 24 * 3600, minimum=0)

# Chain -----------------------------------------------------------------------------------------
ETH_RPC_URL = environment.text("ETH_RPC_URL", None if IS_PRODUCTION else "http://127.0.0.1:8545")
CHAIN_ID = environment.integer("CHAIN_ID", 31337, minimum=1)
CHAIN_SIGNER_KEY_FILE = environment.path("CHAIN_SIGNER_KEY_FILE", HENGSUAN_VAR_DIR / "chain" / "signer.key")
CHAIN_DEPLOYMENT_FILE = environment.path(
    "CHAIN_DEPLOYMENT_FILE", HENGSUAN_VAR_DIR / "chain" / "deployment.json"
)
# A development chain that is killed loses its last second: what is below this depth is sent again.
CHAIN_FINALITY_DEPTH = environment.integer("CHAIN_FINALITY_DEPTH", 12 if IS_PRODUCTION else 8)
CHAIN_CONFIRMATIONS = environment.integer("CHAIN_CONFIRMATIONS", 1 if IS_PRODUCTION else 0)
CHAIN_REPRICE_AFTER_SECONDS = environment.integer("CHAIN_REPRICE_AFTER_SECONDS", 60, minimum=1)
CHAIN_HIGHEST_FEE_GWEI = environment.integer("CHAIN_HIGHEST_FEE_GWEI", 500, minimum=1)
CHAIN_PUBLIC_RPC_URL = environment.text("CHAIN_PUBLIC_RPC_URL", "")  # told to parties; has no access key
CHAIN_ARTEFACTS_DIR = environment.path("CHAIN_ARTEFACTS_DIR", BASE_DIR / "contracts" / "out")

# Queue -----------------------------------------------------------------------------------------
CELERY_BROKER_URL = environment.text(
    "CELERY_BROKER_URL", None if IS_PRODUCTION else "redis://127.0.0.1:6379/0"
)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 900
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
if CELERY_BROKER_URL.startswith(("redis", "rediss")):
    # Longer than the longest task: a shorter one would run a task twice at the same time.
    CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 1200}
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_QUEUES: dict[str, dict[str, Any]] = {"default": {}, "pipeline": {}, "chain": {}}
CELERY_TASK_ROUTES = {"pipeline.*": {"queue": "pipeline"}, "chain.*": {"queue": "chain"}}
CELERY_BEAT_SCHEDULE: dict[str, Any] = {}  # filled from `beat_schedule` of each AppConfig
CELERY_BEAT_SCHEDULE_FILENAME = str(HENGSUAN_VAR_DIR / "celerybeat-schedule")
CELERY_TIMEZONE = "UTC"

# Logs ------------------------------------------------------------------------------------------
logs.configure_structlog()
LOGGING = logs.logging_config(
    level=environment.choice("HENGSUAN_LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR")),
    is_json=environment.choice(
        "HENGSUAN_LOG_FORMAT", "json" if IS_PRODUCTION else "console", ("json", "console")
    )
    == "json",
)
