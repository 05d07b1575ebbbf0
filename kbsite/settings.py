"""Django's settings: everything that can differ between sites comes from the environment."""

import os
import secrets
import sys
from pathlib import Path
from typing import Any

import django_stubs_ext
from csp.constants import NONCE, NONE, SELF

from kbsite import logs, mongod
from kbsite.api import settings as api
from kbsite.environment import BASE_DIR, InvalidEnvironment, read_environment, split_commas

django_stubs_ext.monkeypatch()

try:
    env = read_environment()
except InvalidEnvironment as error:
    sys.exit(f"This setting cannot be used: {error}. See .env.example for what each one means.")


def _secret_key(var_dir: Path) -> str:
    """The key from the environment, else one generated once and kept under `var/`."""
    path = var_dir / "secret_key"
    if not path.exists():
        var_dir.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(64))
        # link() fails when another process was first, so every process reads the same key
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()


KB_VAR_DIR = env.kb_var_dir
KB_SITE_NAME = env.kb_site_name
SECRET_KEY_FALLBACKS = split_commas(env.secret_key_fallbacks)
SECRET_KEY = env.secret_key or _secret_key(KB_VAR_DIR)
DEBUG = env.debug
ALLOWED_HOSTS = split_commas(env.allowed_hosts)
CSRF_TRUSTED_ORIGINS = split_commas(env.csrf_trusted_origins)
SITE_URL = env.site_url or next((url for url in CSRF_TRUSTED_ORIGINS if "*" not in url), "")

MONGODB_URI = env.mongodb_uri or mongod.uri(KB_VAR_DIR) or "mongodb://127.0.0.1:27017"
MONGODB_DATABASE = env.mongodb_database
MONGODB_OPTIONS: dict[str, Any] = {
    "appname": "kbsite",
    "retryWrites": True,
    "serverSelectionTimeoutMS": 30_000,
}

INSTALLED_APPS = [
    "kbsite.apps.SiteConfig",
    "accounts",  # before Django's auth, whose createsuperuser it replaces
    "kbsite.apps.MongoAdminConfig",
    "kbsite.apps.MongoAuthConfig",
    "kbsite.apps.MongoContentTypesConfig",
    "django.contrib.messages",
    "servestatic.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_mongodb_backend",
    "django_htmx",
    "csp",
    "template_partials",
    "rest_framework",
    "drf_spectacular",
    "knowledge",
]

MIDDLEWARE = [
    # the headers first, so that every answer has them, whoever gives it
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "kbsite.body_limit.BodyLimitMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "kbsite.charset.CharsetMiddleware",
    "accounts.middleware.KnownSessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "accounts.middleware.HeldMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "kbsite.urls"
ASGI_APPLICATION = "kbsite.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "kbsite.context.site",
            ],
        },
    }
]

DATABASES = {
    "default": {
        "ENGINE": "django_mongodb_backend",
        "HOST": MONGODB_URI,
        "NAME": MONGODB_DATABASE,
        "OPTIONS": MONGODB_OPTIONS,
    }
}
DATABASE_ROUTERS = ["django_mongodb_backend.routers.MongoRouter"]
DEFAULT_AUTO_FIELD = "django_mongodb_backend.fields.ObjectIdAutoField"
MIGRATION_MODULES = {
    "admin": "kbsite.mongo_migrations.admin",
    "auth": "kbsite.mongo_migrations.auth",
    "contenttypes": "kbsite.mongo_migrations.contenttypes",
}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.UsernameOrEmailBackend"]
PASSWORD_HASHERS = ["accounts.hashing.QueuedBCryptHasher"]
PASSWORD_HISTORY = env.password_history
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "accounts.policy.StrengthValidator"},
    {"NAME": "accounts.policy.CommonPasswordValidator"},
    {"NAME": "accounts.policy.ContextValidator"},
    {"NAME": "accounts.passwords.HistoryValidator"},
]
PASSWORD_CONTEXT_WORDS = "knowledge.people.members.workspace_names"  # noqa: S105
PASSWORD_RESET_TIMEOUT = 3600  # seconds
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"

REGISTRATION = env.registration
# how `accounts`, which knows no other app, asks them when somebody deletes their account
ACCOUNT_DELETION_CHECKS = ["knowledge.people.leaving.duties"]
ACCOUNT_DELETION_STEPS = ["knowledge.people.leaving.take_leave"]
PASSWORD_POLICY = env.password_policy
PASSWORD_MAX_AGE_DAYS = env.password_max_age_days
REQUIRE_MFA = env.require_mfa
AUDIT_DAYS = env.audit_days
SESSION_IDLE_HOURS = env.session_idle_hours
SESSION_DAYS = env.session_days

HTTPS = env.https
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_AGE = SESSION_DAYS * 24 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
MESSAGE_STORAGE = "kbsite.message_cookie.MessageStorage"
REFRESH_COOKIE_NAME = "__Secure-refresh" if HTTPS else "refresh"
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * env.article_max_chars
# the largest are imports; besides files there are fields and what encloses them
REQUEST_MAX_BYTES = DATA_UPLOAD_MAX_MEMORY_SIZE + max(env.import_max_bytes, env.image_max_bytes)
# an import is large, so no file is held in memory
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]

STATIC_URL = "static/"
STATIC_ROOT = KB_VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
SERVESTATIC_USE_FINDERS = True
SERVESTATIC_AUTOREFRESH = DEBUG

EMAIL_HOST = env.email_host
EMAIL_PORT = env.email_port
EMAIL_HOST_USER = env.email_host_user
EMAIL_HOST_PASSWORD = env.email_host_password
EMAIL_USE_TLS = env.email_use_tls
EMAIL_TIMEOUT = 10  # seconds that somebody waits for a page
DEFAULT_FROM_EMAIL = env.default_from_email
NO_EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
if EMAIL_HOST:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
else:
    # a mail holds a secret, which only a developer may find in the console
    EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend" if DEBUG else NO_EMAIL_BACKEND
WORKSPACE_CREATORS = env.workspace_creators
INVITATION_DAYS = env.invitation_days

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

REST_FRAMEWORK, SIMPLE_JWT = api.REST_FRAMEWORK, api.SIMPLE_JWT
SPECTACULAR_SETTINGS = api.spectacular(
    session_cookie=SESSION_COOKIE_NAME, refresh_cookie=REFRESH_COOKIE_NAME
)

LOGGING = logs.configuration(debug=DEBUG, level=env.log_level)

VOYAGE_API_KEY = env.voyage_api_key
VOYAGE_BASE_URL = env.voyage_base_url
VOYAGE_EMBED_MODEL = env.voyage_embed_model
VOYAGE_RERANK_MODEL = env.voyage_rerank_model
OPENAI_API_KEY = env.openai_api_key
OPENAI_BASE_URL = env.openai_base_url
OPENAI_MODEL = env.openai_model
RERANK_BUDGET_MS = env.rerank_budget_ms
RERANK_TIMEOUT_MS = env.rerank_timeout_ms
EMBED_TIMEOUT_MS = env.embed_timeout_ms
ANSWER_TIMEOUT_MS = env.answer_timeout_ms
ANSWER_STALL_MS = env.answer_stall_ms
SEARCH_ENGINE = env.search_engine
SEARCH_SEMANTIC_LIMIT = env.search_semantic_limit
SEARCH_SEMANTIC_CANDIDATES = env.search_semantic_candidates
SEARCH_KEYWORD_LIMIT = env.search_keyword_limit
SEARCH_FUSED_LIMIT = env.search_fused_limit
SEARCH_PASSAGES = env.search_passages
SEARCH_AT_ONCE = env.search_at_once
SEARCH_QUEUE = env.search_queue
CONFIDENCE_STRONG = env.confidence_strong
CONFIDENCE_WEAK = env.confidence_weak
QUESTION_MAX_CHARS = env.question_max_chars
QUESTIONS_PER_MINUTE = env.questions_per_minute
QUESTIONS_PER_HOUR = env.questions_per_hour
MODEL_ANSWERS_PER_DAY = env.model_answers_per_day
ARTICLE_MAX_CHARS = env.article_max_chars
IMAGE_MAX_BYTES = env.image_max_bytes
CHUNK_MAX_CHARS = env.chunk_max_chars
EMBED_BATCH = env.embed_batch
LEASE_SECONDS = env.lease_seconds
IMPORT_MAX_BYTES = env.import_max_bytes
TRASH_DAYS = env.trash_days
DRAFT_DAYS = env.draft_days
GUEST_ANSWER_DAYS = env.guest_answer_days
