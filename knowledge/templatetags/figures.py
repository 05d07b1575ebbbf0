"""Template filters for measured figures."""

from django import template

register = template.Library()


@register.filter
def percent(share: float) -> str:
    """`0.305` as `31 %`, with a space that does not break."""
    return f"{share * 100:.0f}\u00a0%"


@register.filter
def figure(value: float) -> str:
    """`0.0204` as `0.020`."""
    return f"{value:.3f}"
