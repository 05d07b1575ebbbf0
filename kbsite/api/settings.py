"""How the libraries of the API are set up: who gets in, what errors are, what its schema says.

Part of `kbsite/settings.py`, which is imported before any of them can be.
"""

from typing import Any, Final

REST_FRAMEWORK: Final[dict[str, Any]] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api.authentication.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "accounts.api.permissions.WithinScope",
        "accounts.api.permissions.NotHeld",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["kbsite.api.parsers.BoundedJSONParser"],
    "DEFAULT_METADATA_CLASS": None,
    "URL_FORMAT_OVERRIDE": None,
    "EXCEPTION_HANDLER": "kbsite.api.problems.respond",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
SIMPLE_JWT: Final = {"USER_ID_CLAIM": "sub", "TOKEN_TYPE_CLAIM": "type"}


def spectacular(*, session_cookie: str, refresh_cookie: str) -> dict[str, Any]:
    """What the OpenAPI says, with the names that the cookies have here."""
    schemes = {
        "bearerAuth": {
            "type": "http",
            "scheme": "bearer",
            "description": "An access token of /api/v1/auth/login, or a personal token (kb_…).",
        },
        "cookieAuth": {
            "type": "apiKey",
            "in": "cookie",
            "name": session_cookie,
            "description": "A browser that is signed in; what is not a GET takes X-CSRFToken, too.",
        },
        "refreshCookie": {
            "type": "apiKey",
            "in": "cookie",
            "name": refresh_cookie,
            "description": "Set by signing in and each refresh; HttpOnly, for /api/v1/auth/ only.",
        },
    }
    return {
        "TITLE": "Knowledge base API",
        "VERSION": "1",
        "SERVE_INCLUDE_SCHEMA": False,
        "APPEND_COMPONENTS": {"securitySchemes": schemes},
        "ENUM_NAME_OVERRIDES": {
            "IndexState": "knowledge.index_state.KINDS",
            "ImportState": "knowledge.models.ImportJob.State",
        },
        "POSTPROCESSING_HOOKS": [
            "drf_spectacular.hooks.postprocess_schema_enums",
            "knowledge.api.operation.describe",
        ],
    }
