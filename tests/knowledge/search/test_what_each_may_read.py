"""Whatever people do with articles, search shows to each exactly what they may read, right now.

A model-based test: hypothesis makes up the story, a dictionary remembers what must be true, and
each person searches for every word that was ever written.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest
from django.contrib.auth.models import AnonymousUser
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    multiple,
    rule,
    run_state_machine_as_test,
)

from accounts.models import User
from knowledge.access import READS, Person, scope_for
from knowledge.editing import (
    archive_article,
    create_article,
    edit_article,
    publish_article,
    purge_article,
    restore_article,
    trash_article,
    unpublish_article,
)
from knowledge.models import Article, Membership, Role, Status, Visibility, Workspace
from knowledge.search import running
from knowledge.search.retrieve import retrieve
from knowledge.transfer.importing import import_files
from knowledge.transfer.markdown_files import find_files
from tests.conftest import PASSWORD

NAMES: Final = ("ann", "ben", "eve")
ROLES: Final = st.sampled_from([None, *Role])
LIFE: Final[dict[str, Callable[..., bool]]] = {
    "publish": publish_article,
    "unpublish": unpublish_article,
    "archive": archive_article,
    "trash": trash_article,
    "restore": restore_article,
}


@dataclass
class Told:
    """What the model knows of an article; `words` are by revision, the newest last."""

    words: list[str]
    visibility: str
    status: str = Status.DRAFT
    before: str = Status.DRAFT
    indexed: str = ""
    gone: bool = False
    tags: set[str] = field(default_factory=set)


class Team(RuleBasedStateMachine):
    """One workspace and a foreign one; three people whose roles come and go, and a visitor."""

    articles: Any = Bundle("articles")
    index: Callable[[], None]
    make: Callable[..., dict[str, Any]]

    @initialize()
    def found(self) -> None:
        made = self.make()
        self.workspace: Workspace = made["workspace"]
        self.people: dict[str, Person] = made["people"]
        self.told: dict[Any, Told] = {}
        self.roles: dict[str, Role | None] = dict.fromkeys(NAMES)
        self.counter = count()
        self.folder = TemporaryDirectory()

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.indexed()
            self.look()
            self.folder.cleanup()

    # what people do

    @rule(target=articles, visibility=st.sampled_from(Visibility))
    def write(self, visibility: Visibility) -> Any:
        word = self._new_word()
        article = create_article(
            workspace=self.workspace,
            author=None,
            title=f"About {word}",
            content=f"We keep {word} here.",
            visibility=visibility,
        )
        self.told[article.pk] = Told([word], visibility)
        return article.pk

    @rule(article=articles)
    def save(self, article: Any) -> None:
        word = self._new_word()
        if self._edit(article, title="Changed", content=f"Now there is {word} instead."):
            self.told[article].words.append(word)

    @rule(article=articles)
    def rename(self, article: Any) -> None:
        word = self._new_word()
        if self._edit(article, title=f"Called {word}", content=f"It says {word}.", slug=word):
            self.told[article].words.append(word)

    @rule(article=articles, tag=st.sampled_from(["red", "blue"]))
    def tag(self, article: Any, tag: str) -> None:
        if self._edit(article, tags=[tag]):
            self.told[article].tags = {tag}

    @rule(article=articles, visibility=st.sampled_from(Visibility))
    def show_to(self, article: Any, visibility: Visibility) -> None:
        if self._edit(article, visibility=visibility):
            self.told[article].visibility = visibility

    @rule(article=articles, step=st.sampled_from(sorted(LIFE)))
    def live(self, article: Any, step: str) -> None:
        told, stored = self.told[article], self._stored(article)
        if stored is None or (step == "restore" and told.status != Status.TRASHED):
            return
        LIFE[step](stored, seen=stored.version, author=None)
        now = {
            "publish": Status.PUBLISHED,
            "unpublish": Status.DRAFT,
            "archive": Status.ARCHIVED,
            "trash": Status.TRASHED,
            "restore": told.before,
        }[step]
        if now == Status.TRASHED and told.status != Status.TRASHED:
            told.before = told.status
        told.status = now

    @rule(article=articles)
    def purge(self, article: Any) -> None:
        if stored := self._stored(article):
            purge_article(stored)
            self.told[article].gone = True

    @rule(target=articles, name=st.sampled_from(["a.md", "b.md"]))
    def import_file(self, name: str) -> Any:
        word, file = self._new_word(), Path(self.folder.name, name)
        file.write_text(f"# File\n\nIt imports {word}.\n")
        report = import_files(find_files(file), workspace=self.workspace)
        if report.failed:
            return multiple()  # edited here and in the file: refused, and nothing was written
        article = Article.objects.get(source_path=name).pk
        told = self.told.setdefault(article, Told([], self.workspace.visibility))
        if told.status == Status.TRASHED or not told.words:
            told.status = Status.PUBLISHED
        told.words.append(word)
        return article

    @rule(name=st.sampled_from(NAMES), role=ROLES)
    def change_role(self, name: str, role: Role | None) -> None:
        person = User.objects.get(username=name)
        Membership.objects.filter(workspace=self.workspace, user=person).delete()
        if role:
            Membership.objects.create(workspace=self.workspace, user=person, role=role)
        self.roles[name] = role

    # what happens by itself

    @rule()
    def indexed(self) -> None:
        self.index()
        for told in self.told.values():
            told.indexed = told.words[-1]

    # what must be true

    @rule()
    def look(self) -> None:
        assert running.wait_until_current()
        for name, person in self.people.items():
            scope = scope_for(person, self.workspace)
            for article, told in self.told.items():
                shown = self._may_find(name, told)
                for word in told.words:
                    expected = {article} if shown and word == told.indexed else set()
                    assert self._finds(word, scope) == expected, (name, word, told)

    def _may_find(self, name: str, told: Told) -> bool:
        readable = READS[self.roles.get(name)]
        return not told.gone and told.status == Status.PUBLISHED and told.visibility in readable

    def _finds(self, word: str, scope: Any) -> set[Any]:
        passages = retrieve(question=word, scope=scope).passages
        return {p.article_id for p in passages if word in p.text or word in p.title}

    def _edit(self, article: Any, **changes: Any) -> bool:
        stored = self._stored(article)
        return stored is not None and edit_article(
            stored, seen=stored.version, author=None, **changes
        )

    def _stored(self, article: Any) -> Article | None:
        return Article.objects.filter(pk=article).first()

    def _new_word(self) -> str:
        return f"canary{next(self.counter)}x"


@pytest.fixture
def team(index: Callable[[], None], db: None) -> type[Team]:
    """The machine, whose every story starts with an empty workspace of the same people."""
    people: dict[str, Person] = {
        name: User.objects.create_user(name, f"{name}@example.org", PASSWORD) for name in NAMES
    }
    slugs = (f"team-{number}" for number in count())

    def make() -> dict[str, Any]:
        Article.objects.all().delete()
        Membership.objects.all().delete()
        workspace = Workspace.objects.create(
            slug=next(slugs), name="Team", visibility=Visibility.PUBLIC
        )
        return {"workspace": workspace, "people": {**people, "visitor": AnonymousUser()}}

    class Ours(Team):
        pass

    Ours.index, Ours.make = staticmethod(index), staticmethod(make)
    return Ours


@pytest.mark.parametrize(
    ("stories", "steps"), [(8, 20), pytest.param(150, 50, marks=pytest.mark.soak)]
)
def test_t6_search_shows_each_person_exactly_what_they_may_read_now(
    team: type[Team], stories: int, steps: int
) -> None:
    run_state_machine_as_test(
        team,
        settings=settings(
            max_examples=stories,
            stateful_step_count=steps,
            deadline=None,
            phases=[Phase.explicit, Phase.generate],  # a story takes too long to shrink it
            suppress_health_check=list(HealthCheck),
        ),
    )
