"""Every URL of the site by its name, read from the resolver: what the walks over them go by."""

from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver, reverse

NO_ANSWER = "0123456789abcdef01234567"


def named_urls() -> Iterator[tuple[str, set[str]]]:
    """The name of every URL, with the parameters it takes."""
    yield from _walk(get_resolver().url_patterns, "")


def _walk(patterns: list[URLPattern | URLResolver], prefix: str) -> Iterator[tuple[str, set[str]]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{pattern.namespace}:" if pattern.namespace else prefix
            outer = set(pattern.pattern.regex.groupindex)
            for name, parameters in _walk(pattern.url_patterns, inner):
                yield name, parameters | outer
        else:
            yield f"{prefix}{pattern.name}", set(pattern.pattern.regex.groupindex)


URLS = dict(named_urls())
OF_A_WORKSPACE = sorted(name for name, parameters in URLS.items() if "workspace" in parameters)
OTHERS = sorted(name for name in URLS.keys() - OF_A_WORKSPACE if not name.startswith("admin:"))
# Of the admin panel only the pages of no object: its own tests go further
ADMIN = sorted(name for name in URLS if name.startswith("admin:") and not URLS[name])
ALL = [*OF_A_WORKSPACE, *OTHERS, *ADMIN]


def address(
    name: str, workspace: str, article: str = "none", answer: str = NO_ANSWER, **more: str
) -> str:
    """Where it is; what the caller does not name is something that there is not."""
    values = {"workspace": workspace, "slug": article, "answer": answer, "source_path": "a.md"}
    values |= {"member": NO_ANSWER, "invitation": NO_ANSWER, "token": "none", "number": "1"}
    values |= {"action": NO_ANSWER, "report": NO_ANSWER, "job": NO_ANSWER}
    values |= {"session": NO_ANSWER, "key": "0" * 24, "image": NO_ANSWER, "extension": "png"}
    values |= more
    return reverse(name, kwargs={key: values[key] for key in URLS[name]})
