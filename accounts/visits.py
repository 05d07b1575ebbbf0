"""Where a request comes from: the address that the web server vouches for, and the program."""

import ipaddress
from dataclasses import dataclass
from typing import Self

from django.http import HttpRequest

MAX_AGENT = 300


@dataclass(frozen=True, slots=True)
class Visit:
    """`address` is the peer's, or what a proxy named in FORWARDED_ALLOW_IPS says of it."""

    address: str = ""
    user_agent: str = ""

    @classmethod
    def of(cls, request: HttpRequest) -> Self:
        # a proxy's header was read by the server already, if that proxy is trusted
        return cls(
            address=_address(request.META.get("REMOTE_ADDR", "")),
            user_agent=request.META.get("HTTP_USER_AGENT", "")[:MAX_AGENT],
        )

    @property
    def network(self) -> str:
        """What is counted as one visitor: an IPv6 subscriber has a whole /64 of addresses."""
        try:
            parsed = ipaddress.ip_address(self.address)
        except ValueError:
            return self.address
        if parsed.version == 4:
            return str(parsed)
        return str(ipaddress.ip_network((parsed, 64), strict=False))


def _address(text: str) -> str:
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return ""
    mapped = getattr(parsed, "ipv4_mapped", None)
    return str(mapped or parsed)
