"""The palette's contrast, computed from the tokens themselves (WCAG 2.2: AAA text, AA marks)."""

import re
from pathlib import Path

import pytest

SHEETS = Path(__file__).resolve().parents[2] / "static" / "css"
TOKENS = (SHEETS / "variables.css").read_text()
PAIR = re.compile(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)")
COLOURS = {name: (light, dark) for name, light, dark in PAIR.findall(TOKENS)}
TEXT = ["ink", "muted", "accent", "good", "warn", "bad", "code-keyword"]
PAPERS = ["paper", "paper-raised"]
ON = [(text, paper) for text in TEXT for paper in PAPERS]
ON += [("ink", "mark"), ("ink", "accent-wash"), ("muted", "accent-wash"), ("accent", "accent-wash")]
ON += [(tone, f"{tone}-wash") for tone in ("good", "warn", "bad")]
ON += [("ink", f"{tone}-wash") for tone in ("good", "warn", "bad")]
ON += [("paper", "ink"), ("paper", "muted"), ("on-accent", "accent")]


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "paper"), ON)
def test_text_has_aaa_contrast(text: str, paper: str, theme: int) -> None:
    assert contrast(COLOURS[text][theme], COLOURS[paper][theme]) >= 7


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("paper", PAPERS)
def test_the_edge_of_a_control_has_aa_contrast(paper: str, theme: int) -> None:
    assert contrast(COLOURS["line-strong"][theme], COLOURS[paper][theme]) >= 3


def test_no_other_stylesheet_names_a_colour() -> None:
    sheets = [p for p in SHEETS.glob("*.css") if p.name != "variables.css"]
    named = [p.name for p in sheets if re.search(r"#[0-9a-f]{3,8}\b|rgb\(|hsl\(", p.read_text())]
    assert named == []
