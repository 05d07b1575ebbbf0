"""Which passwords are allowed: accounts/policy.py, context_words.py."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from accounts.passwords import password_is_too_old
from accounts.policy import StrengthValidator
from knowledge.models import Role, Workspace

TOO_COMMON = "This password is too common: it is among the first that anyone would try."
ALL_RULES = [
    "Use at least 8 characters.",
    "Add an upper-case letter.",
    "Add a lower-case letter.",
    "Add a digit.",
    "Add a character that is neither a letter nor a digit.",
]


def broken(password: str, user: User | None = None) -> list[str]:
    try:
        validate_password(password, user)
    except ValidationError as error:
        return error.messages
    return []


def broken_strength(password: str) -> list[str]:
    try:
        StrengthValidator().validate(password)
    except ValidationError as error:
        return error.messages
    return []


def test_p1_every_broken_rule_is_reported_at_once() -> None:
    assert broken_strength("") == ALL_RULES
    assert broken_strength("aaaaaaaa") == [ALL_RULES[1], ALL_RULES[3], ALL_RULES[4]]


@pytest.mark.parametrize(
    ("password", "rules"),
    [
        ("xK9!mQ2z", []),
        ("xK9!mQ2", ALL_RULES[:1]),
        ("xK9!mQ2😀", []),  # an emoji is one code point ...
        ("xK9!m👩‍🚀", []),  # ... an astronaut is three
        ("xK9!m😀😀", ALL_RULES[:1]),
        ("xK9 mQ2z", []),  # a space is neither letter nor digit
        ("xK9émQ2z", ALL_RULES[4:]),  # an é is a letter
        ("xK9e\u0301mQ2z", ALL_RULES[4:]),  # also when it is typed as two code points
        ("Жук٣-жук", []),  # letters and digits of any script
        ("密码xK-密码密码", ALL_RULES[3:4]),
    ],
)
def test_p1_boundaries_count_code_points_of_any_script(password: str, rules: list[str]) -> None:
    assert broken_strength(password) == rules


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_p1_adding_what_the_rules_ask_for_satisfies_them(password: str) -> None:
    assert broken_strength(password + "aB3-xxxx") == []


@pytest.mark.parametrize(
    "password", ["P@ssw0rd", "Password1!", "Qwerty123!", "Welcome1!", "Sasha_007", "zaq!2WSX"]
)
def test_p5_common_passwords_that_obey_the_rules_are_refused(password: str) -> None:
    assert broken_strength(password) == []
    assert any("too common" in message for message in broken(password))


def test_p5_the_whole_list_of_common_passwords_is_refused(shared_data) -> None:  # type: ignore[no-untyped-def]
    words = shared_data("passwords/zxcvbn_passwords.txt").read_text().splitlines()
    long_enough = [word for word in words if len(word) >= 8]
    allowed = [word for word in long_enough[::97] if not any("common" in m for m in broken(word))]
    assert len(long_enough) > 3000
    assert allowed == []


@pytest.mark.soak
def test_p5_every_single_common_password_is_refused(shared_data) -> None:  # type: ignore[no-untyped-def]
    words = shared_data("passwords/zxcvbn_passwords.txt").read_text().splitlines()
    assert [word for word in words if len(word) >= 8 and TOO_COMMON not in broken(word)] == []


def test_p5_what_cannot_be_on_a_list_is_not_taken_apart() -> None:
    # zxcvbn needs 10 s for this one; the estimate is bounded by length
    assert broken("4@8({[<369!1|0$5+7%2" * 4 + "aB") == []


@pytest.mark.parametrize(
    ("length", "has_mfa", "allowed"),
    [(14, False, False), (15, False, True), (7, True, False), (8, True, True)],
)
@pytest.mark.parametrize("unit", ["qxvz wkj", "😀🎩🦜🧵🪁🛶🪗🫖"])
def test_p1_the_nist_policy_asks_for_length_alone(
    settings: Any, length: int, has_mfa: bool, allowed: bool, unit: str
) -> None:
    settings.PASSWORD_POLICY = "nist"
    user = User(username="ada", mfa_secret="sealed" if has_mfa else "")
    least = 8 if has_mfa else 15
    expected = [] if allowed else [f"Use at least {least} characters."]
    assert broken((unit * 2)[:length], user) == expected


def test_p1_p5_the_nist_policy_refuses_common_passwords_too(settings: Any) -> None:
    settings.PASSWORD_POLICY = "nist"
    assert broken("passwordpassword") == [TOO_COMMON]
    assert broken("quiet otter paints nineteen doors") == []


@pytest.mark.parametrize("policy", ["kinds", "nist"])
def test_p2_4096_characters_are_allowed_and_no_more(settings: Any, policy: str) -> None:
    settings.PASSWORD_POLICY = policy
    assert broken("Aa1-" + "é" * 4092) == []
    assert broken("Aa1-" + "é" * 4093) == ["Use at most 4096 characters."]


@pytest.mark.parametrize(
    ("password", "word"),
    [
        ("Lovelace-of-7", "lovelace"),
        ("L0v3l@ce-2026", "lovelace"),
        ("Ecalevol-2026!", "lovelace"),
        ("LÖV-elace.1815", "lovelace"),
        ("Ada.Byron@Example-7", "ada.byron"),
        ("Augusta-King-1", "Augusta King"),
        ("The-Library-42", "library"),
        ("1ibr4ry-2026-X", "library"),
        ("Qu4ntrix-lovelace-9", "Quantrix"),
    ],
)
def test_p6_site_and_person_make_no_password_and_the_reason_is_shown(
    settings: Any, password: str, word: str
) -> None:
    settings.KB_SITE_NAME = "Quantrix library"
    user = User(
        username="lovelace",
        email="ada.byron@example.org",
        first_name="Augusta",
        last_name="King",
    )
    (reason,) = broken(password, user)
    assert f"little more than “{word}”" in reason


def test_p6_a_workspaces_name_makes_no_password_for_its_members(
    make_workspace: Callable[..., Workspace], make_user: Callable[..., User]
) -> None:
    ada = make_user("ada", workspace=make_workspace("skunkworks"), role=Role.VIEWER)
    (reason,) = broken("Skunkworks-2026", ada)
    assert reason == (
        "This is little more than “Skunkworks”, the name of a workspace. Add other words."
    )
    assert broken("Skunkworks-2026", make_user("eve")) == []


@pytest.mark.parametrize("password", ["Lovelace-paints-19", "Canada-horse-9", "Correct-horse-9"])
def test_p6_a_password_may_hold_such_a_word_beside_others(password: str) -> None:
    assert broken(password, User(username="lovelace", email="ada@horse.example")) == []


def test_p7_a_password_grows_old_only_where_the_site_says_so(settings: Any) -> None:
    user = User(password_changed_at=timezone.now() - timedelta(days=5 * 365))
    assert not password_is_too_old(user)
    settings.PASSWORD_MAX_AGE_DAYS = 90
    assert password_is_too_old(user)
    user.password_changed_at = timezone.now() - timedelta(days=89, hours=23)
    assert not password_is_too_old(user)
