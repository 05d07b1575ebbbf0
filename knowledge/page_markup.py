"""A markdown-it plugin that hides markup which builds pages and says nothing to a reader.

Manuals are full of it: `<!-- comments -->`, `{/* MDX comments */}`, wrappers such as `<AppOnly>`
and `</AppOnly>`, components such as `<Image src="…" />` on lines of their own, `<details>`. Raw
HTML is off, so all of these would be shown as text. `<br>` becomes a line break.

Hidden means: no output. The lines keep their place in the source, so spans stay exact. A
capitalised word in angle brackets counts as a wrapper only when the same source closes it, so
`List<String>` and a placeholder such as `<Name>` stay visible. Nothing here reads code.
"""

import re
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline

_COMMENTS: Final = (("<!--", "-->"), ("{/*", "*/}"))
_MAX_INLINE_COMMENT: Final = 2000
_ALWAYS_HIDDEN: Final = frozenset({"details", "summary"})
_CLOSED: Final = re.compile(r"</([A-Z][\w.]*)[ \t]*>")
_TAG: Final = re.compile(r"</?(?P<name>[A-Z][\w.]*|details|summary)(?:\s[^<>\n]{0,300})?>")
_COMPONENT: Final = re.compile(r"<[A-Z][\w.]*(?:\s*$|\s*/>|\s+[\w{])")
_BREAK: Final = re.compile(r"<br[ \t]*/?>", re.IGNORECASE)


def hide_page_markup(parser: MarkdownIt) -> None:
    """Add the rules to `parser`."""
    parser.core.ruler.after("normalize", "wrappers", _note_wrappers)
    parser.block.ruler.before(
        "html_block", "page_markup", _block, {"alt": ["paragraph", "reference", "blockquote"]}
    )
    parser.inline.ruler.before("autolink", "page_markup", _inline)


def _note_wrappers(state: StateCore) -> None:
    state.env["wrappers"] = _ALWAYS_HIDDEN.union(_CLOSED.findall(state.src))


def _block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Block rule: whole lines of page markup become one token without output."""
    lines = 0 if state.is_code_block(start) else _hidden_lines(state, start, end)
    if lines and not silent:
        state.line = start + lines
        token = state.push("page_markup", "", 0)
        token.map = [start, state.line]
        token.hidden = True
    return lines > 0


def _hidden_lines(state: StateBlock, start: int, end: int) -> int:
    """How many lines from `start` on are page markup."""
    first = _line(state, start)
    for opening, closing in _COMMENTS:
        if first.startswith(opening):
            return _comment_lines(state, start, end, opening, closing)
    if (tag := _TAG.fullmatch(first)) and tag["name"] in state.env["wrappers"]:
        return 1
    return _component_lines(state, start, end) if _COMPONENT.match(first) else 0


def _comment_lines(state: StateBlock, start: int, end: int, opening: str, closing: str) -> int:
    """Lines of a comment that nothing follows. A second opening ends the search: linear time."""
    for line in range(start, end):
        text = _line(state, line)
        if closing in text:
            return line + 1 - start if text.endswith(closing) else 0
        if _left_the_container(state, line) or (line > start and text.startswith(opening)):
            break
    return 0


def _component_lines(state: StateBlock, start: int, end: int) -> int:
    """Lines of a component up to its `/>`. A blank line or another tag ends the search."""
    for line in range(start, end):
        text = _line(state, line)
        if text.endswith("/>"):
            return line + 1 - start
        if not text or (line > start and text.startswith("<")) or _left_the_container(state, line):
            break
        if text.endswith(">") and not text.endswith("=>"):
            break
    return 0


def _left_the_container(state: StateBlock, line: int) -> bool:
    return state.sCount[line] < state.blkIndent and not state.isEmpty(line)


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].rstrip()


def _inline(state: StateInline, silent: bool) -> bool:
    """Inline rule: skip page markup inside a paragraph or a table cell."""
    if state.src[state.pos] not in "<{":
        return False
    if match := _BREAK.match(state.src, state.pos):
        if not silent:
            state.push("hardbreak", "br", 0)
        state.pos = match.end()
        return True
    length = _hidden_length(state)
    if length and not silent and state.pending:
        state.pushPending()  # so that the text around what is hidden keeps its places
    state.pos += length
    return length > 0


def _hidden_length(state: StateInline) -> int:
    """How many characters from here on are a comment or a wrapper's tag."""
    for opening, closing in _COMMENTS:
        if state.src.startswith(opening, state.pos):
            end = state.src.find(closing, state.pos, state.pos + _MAX_INLINE_COMMENT)
            return end + len(closing) - state.pos if end >= 0 else 0
    tag = _TAG.match(state.src, state.pos)
    return len(tag[0]) if tag and tag["name"] in state.env["wrappers"] else 0
