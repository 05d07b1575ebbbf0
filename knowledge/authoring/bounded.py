"""An editor's previews and merges, in the processes of `rendering`, which end what takes long."""

from dataclasses import dataclass

from django.conf import settings

from knowledge.authoring.outline import Outline, OutlineSection
from knowledge.rendering import MAX_CHARS, RenderError, ask_child


@dataclass(frozen=True, slots=True)
class Preview:
    """Safe HTML for the editor's page, and how the text will be cut into passages."""

    html: str
    outline: Outline


def render_preview(source: str, *, title: str, base: str, source_path: str = "") -> Preview:
    """What `rendering.render` gives for an article at the path `base`, to be shown elsewhere.

    Links and pictures are absolute, blocks say their line, and there is the outline of passages.
    Raises `RenderError` and its kinds.
    """
    if len(source) > MAX_CHARS:
        raise RenderError(f"longer than {MAX_CHARS} characters")
    page = {"source": source, "title": title, "source_path": source_path, "base": base}
    reply = ask_child({"work": "preview", "max_chars": settings.CHUNK_MAX_CHARS, **page})
    listed = tuple(OutlineSection(**section) for section in reply["outline"].pop("listed"))
    return Preview(reply["html"], Outline(listed, **reply["outline"]))


def merge_texts(base: str, mine: str, theirs: str) -> str:
    """As `merging.merge`; raises `RenderError` where that takes too long."""
    request = {"work": "merge", "base": base, "mine": mine, "theirs": theirs}
    return str(ask_child(request)["text"])
