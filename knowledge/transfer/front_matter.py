"""Front matter: the YAML between two lines of `---` at the top of a Markdown file.

Only splitting and reading; which keys count, and for what, decides `markdown_files`.
"""

from typing import Final

import yaml
from frontmatter.default_handlers import YAMLHandler

MAX_CHARS: Final = 16_384
MAX_DEPTH: Final = 20


class BrokenFrontMatter(Exception):
    """It cannot be read; the message says why."""


class _PlainLoader(yaml.BaseLoader):
    """YAML in which every scalar is the text that was written: `1.10`, `no` and dates stay.

    No tag constructs anything. Aliases are refused, because ten lines of them can stand for
    gigabytes, and so is deep nesting, which would exhaust the stack.
    """

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise BrokenFrontMatter("it uses an alias (*name), which is not supported")
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise BrokenFrontMatter(f"it nests deeper than {MAX_DEPTH} levels")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def split(text: str) -> tuple[dict[str, object], str]:
    """The front matter as a mapping of plain text, lists and mappings, and the text below it.

    Text without front matter, or under a mere horizontal rule, comes back whole. Raises
    `BrokenFrontMatter`.
    """
    handler = YAMLHandler()
    if not handler.detect(text):
        return {}, text
    try:
        matter, content = handler.split(text)
    except ValueError:
        return {}, _without_opening(text)
    found = _load(handler, matter)
    if isinstance(found, dict):
        return found, content.lstrip("\n")
    if isinstance(found, str) and found:
        return {}, text
    if found:
        raise BrokenFrontMatter("it is a list, not lines of `key: value`")
    return {}, content.lstrip("\n")


def _without_opening(text: str) -> str:
    """The text, where its first line is a horizontal rule and not front matter left open."""
    following = text.split("\n", 2)[1:2]
    if following and ":" in following[0].split(" ")[0]:
        raise BrokenFrontMatter("it is not closed by a line of ---")
    return text


def _load(handler: YAMLHandler, matter: str) -> object:
    if len(matter) > MAX_CHARS:
        raise BrokenFrontMatter(f"it is over {MAX_CHARS:,} characters long")
    try:
        return handler.load(matter, Loader=_PlainLoader)
    except yaml.YAMLError as error:
        raise BrokenFrontMatter(_where(error)) from error


def _where(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "it is not YAML"
    return f"{problem}, line {mark.line + 1}" if mark else str(problem)
