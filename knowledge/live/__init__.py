"""The state of articles' indexing, as it changes: one change stream, fanned out to open pages.

`changes` says what is told of an article, and `badges` in which words; `hub` follows MongoDB once
for all pages of a process, with `polling` where it has no change streams; `followers` are the
pages, `viewers` the people before them; `catching_up` finds what a page missed; `stream` writes
one page's server-sent events. `activity` is what a workspace's activity page lists.
"""
