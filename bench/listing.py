"""What a list page costs where a workspace is large, as a ratio to one where it is small.

`python -m bench.listing [--large N]` fills two workspaces of a throwaway database with 100 and N
articles, asks for each page of both in turn through Django's test client, and prints one JSON
object per page: milliseconds (medians) and `ratio` (goal: at most 1.5 for the list's first and
middle page; browsing counts what may be read, so it grows with it, and is shown for that).
"""

import argparse
import json
import statistics
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.utils import timezone

from bench.database import throwaway_database

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User

SMALL: Final = 100
ROUNDS: Final = 40
WARM_UP: Final = 5
TEXT: Final = "The port is 8000. " * 200
WORDS: Final = ("ports", "backups", "people", "searches", "passwords", "models", "images")
PAGES: Final = {
    "list": "articles/",
    "list by title": "articles/?sort=title",
    "list of a tag": "articles/?tag=tag-3",
    "list of drafts": "articles/?status=draft",
    "list with a word": "articles/?text=backups",
    "titles as one types": "titles?text=back",
    "titles of a category": "browse/titles?category=people",
    "browse": "browse/",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", type=int, default=10_000)
    large = parser.parse_args().large
    with throwaway_database():
        client = prepare({"small": SMALL, "large": large})
        for name, path in PAGES.items():
            small, big = measure(client, path)
            found: dict[str, object] = {
                "bench": "listing",
                "page": name,
                "articles": [SMALL, large],
            }
            found |= {"ms": [round(small, 2), round(big, 2)], "ratio": round(big / small, 2)}
            print(json.dumps(found), flush=True)


def prepare(sizes: dict[str, int]) -> "Client":
    """Fill the workspaces; a client in which somebody who edits both is signed in."""
    from django.conf import settings
    from django.test import Client

    from accounts.models import User

    settings.ALLOWED_HOSTS = ["testserver"]
    editor = User.objects.create_superuser("bench", "bench@example.org")
    for slug, size in sizes.items():
        fill(slug, size, editor)
    client = Client()
    client.force_login(editor)
    return client


def fill(slug: str, size: int, author: "User") -> None:
    """Articles as `editing` would write them, without their revisions."""
    from knowledge.browsing.titles import title_key
    from knowledge.models import Article, Status
    from knowledge.workspaces import create_workspace

    workspace = create_workspace(slug=slug, name=slug)
    now = timezone.now()
    articles = (
        Article(
            workspace=workspace,
            author=author,
            title=f"Article {number} about {WORDS[number % len(WORDS)]}",
            title_key=title_key(f"Article {number} about {WORDS[number % len(WORDS)]}"),
            slug=f"article-{number}",
            content=TEXT,
            category=WORDS[number % 5],
            tags=[f"tag-{number % 40}"],
            status=Status.DRAFT if number % 50 == 0 else Status.PUBLISHED,
            pending=False,
            created_at=now + timedelta(seconds=number),
            updated_at=now + timedelta(seconds=number),
        )
        for number in range(size)
    )
    Article.objects.bulk_create(articles, batch_size=1000)


def measure(client: "Client", path: str) -> tuple[float, float]:
    """Milliseconds for the page in either workspace, asked for in turn: medians."""
    taken: dict[str, list[float]] = {"small": [], "large": []}
    for workspace in ["small", "large"] * (ROUNDS + WARM_UP):
        address = f"/w/{workspace}/{path}"
        started = time.perf_counter()
        response = client.get(address)
        taken[workspace].append(1000 * (time.perf_counter() - started))
        assert response.status_code == 200, address
    small, large = (statistics.median(times[WARM_UP:]) for times in taken.values())
    return small, large


if __name__ == "__main__":
    main()
