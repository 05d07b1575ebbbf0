"""Which passwords are allowed: accounts/passwords.py."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from accounts.passwords import StrengthValidator

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


def test_p5_what_cannot_be_on_a_list_is_not_taken_apart() -> None:
    # zxcvbn needs 10 s for this one; the estimate is bounded by length
    assert broken("4@8({[<369!1|0$5+7%2" * 4 + "aB") == []


def test_p6_a_password_like_the_users_own_name_is_refused() -> None:
    user = User(username="lovelace", email="ada.byron@example.org")
    assert broken("Lovelace-of-7", user) == ["The password is too similar to the user name."]
    assert broken("Ada.Byron@Example-7", user) == [
        "The password is too similar to the e-mail address."
    ]
