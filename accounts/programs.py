"""What somebody's browser or program is called in plain words, from the user agent that it sends.

A user agent is what a program says of itself, so the words are a help to recognise it, no proof.
Pure.
"""

import re
from typing import Final

# each names itself and those that it wants to pass for, so the order matters
BROWSERS: Final = (
    (r"Edg(e|A|iOS)?/", "Edge"),
    (r"OPR/|Opera", "Opera"),
    (r"SamsungBrowser/", "Samsung Internet"),
    (r"Vivaldi/", "Vivaldi"),
    (r"(Firefox|FxiOS)/", "Firefox"),
    (r"HeadlessChrome/|(Chrome|CriOS|Chromium)/", "Chrome"),
    (r"Version/.*Safari/", "Safari"),
)
SYSTEMS: Final = (
    (r"Windows", "Windows"),
    (r"Android", "Android"),
    (r"iPhone|iPod", "iPhone"),
    (r"iPad", "iPad"),
    (r"CrOS", "ChromeOS"),
    (r"Macintosh|Mac OS X", "macOS"),
    (r"Linux|X11", "Linux"),
)
UNKNOWN: Final = "An unknown program"


def program_of(user_agent: str) -> str:
    """`"Firefox on Windows"`; another program by the name it begins with; never empty."""
    browser, system = _first(BROWSERS, user_agent), _first(SYSTEMS, user_agent)
    if browser:
        return f"{browser} on {system}" if system else browser
    named = re.match(r"[A-Za-z][\w.-]{0,39}", user_agent)
    if named is None or named[0] == "Mozilla":
        return f"A browser on {system}" if system else UNKNOWN
    return named[0]


def _first(known: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for pattern, name in known if re.search(pattern, text)), "")
