"""The headers that guard a page, by value: what each answer of the site is held to (C2)."""

import re
from collections.abc import Mapping

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "object-src": "'none'",
    "frame-ancestors": "'none'",
}
HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}
_NONCE = re.compile(r" 'nonce-[\w+/=-]{20,}'")


def policy_in(headers: Mapping[str, str]) -> dict[str, str]:
    """Its directives; a nonce, which only scripts and styles of the page itself have, left out."""
    said = _NONCE.sub("", headers.get("content-security-policy", ""))
    return dict(each.strip().split(" ", 1) for each in said.split(";") if each)


def unguarded(given: Mapping[str, str], **other: str) -> dict[str, object]:
    """What is not as it should be; `other`: a header of another value, by `_` for `-`."""
    headers = {name.lower(): value for name, value in given.items()}
    wanted = HEADERS | {name.replace("_", "-"): value for name, value in other.items()}
    found: dict[str, object] = {
        name: headers.get(name) for name in wanted if headers.get(name) != wanted[name]
    }
    if (policy := policy_in(headers)) != POLICY:
        found["content-security-policy"] = policy
    return found
