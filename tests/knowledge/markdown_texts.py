"""Hypothesis strategies for Markdown that is awkward on purpose."""

from hypothesis import strategies as st

LINES = [
    *("# One", "## Two", "### Three", "#### Four", "## Two", "#", "### ", "Title", "===", "---"),
    *("- item", "  - nested", "1. first", "> quoted", "> # quoted heading", "- # listed heading"),
    *("```", "~~~ js", "    code", "\tcode", "| a | b |", "|---|---|", "[ref]: /url"),
    *("[a](b) ![c](d)", "*a **b", "`code", "&amp;", "\\", "", "", ""),
    *(
        "<AppOnly>",
        "</AppOnly>",
        "{/* note",
        "note */}",
        "<!-- one -->",
        "<Image",
        ' src="x"',
        "/>",
    ),
    *("A sentence. Another one! A third?", "word " * 40, "x" * 60, "\u0301" * 40),
    *("👩\u200d👩\u200d👧" * 9, "a\0b", "form\x0cfeed", "line\u2028separator", "next\x85line"),
]
BREAKS = ["\n", "\n", "\n\n", "\r\n", "\r\n\r\n", "\r"]

documents = st.lists(
    st.tuples(st.sampled_from(LINES) | st.text(max_size=30), st.sampled_from(BREAKS)), max_size=25
).map(lambda lines: "".join(line + end for line, end in lines))
"""Whole documents out of awkward lines, with every kind of line break."""

anything = documents | st.text(max_size=300)
