"""Which passwords are allowed: every rule on its own, so that a page can show how each stands.

A password is the code points that were typed: never trimmed, cut, case-folded or normalised
(an é typed as one code point and as two are two passwords). Django calls the validators, in
the order of AUTH_PASSWORD_VALIDATORS, wherever a password is stored; never where one is
compared. The words that are too close to home are `context_words.py`, reuse is `passwords.py`.
"""

import unicodedata
from collections.abc import Mapping
from typing import Final, NamedTuple

from django.conf import settings
from django.contrib.auth import password_validation
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.views.decorators.debug import sensitive_variables
from zxcvbn import zxcvbn
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from accounts.context_words import reason_to_refuse

MIN_LENGTH: Final = 8  # code points
# NIST SP 800-63B-4 3.1.1.2: where a password is the only factor
MIN_LENGTH_ALONE: Final = 15
MAX_LENGTH: Final = 4096  # a bound for the checks, far above any real password
# zxcvbn's own line between "very guessable", even online and slowed down, and "somewhat"
MIN_GUESSES: Final = 1_000_000
# zxcvbn tries every reading of look-alikes: measured 0.3 s for the worst 20 characters, 10 s for 72
MAX_ESTIMATED: Final = 20


class Demand(NamedTuple):
    """One rule: what it asks for and, where the password breaks it, what is to be done."""

    text: str
    broken: str = ""
    later: bool = False
    """Whether it is looked at only where the password is stored."""


class ByDemands:
    """A validator of Django that can also say how each of its rules stands."""

    code = ""

    def demands(self, password: str, user: AbstractBaseUser | None) -> list[Demand]:
        raise NotImplementedError

    @sensitive_variables("password")
    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        if broken := [each.broken for each in self.demands(password, user) if each.broken]:
            raise ValidationError(broken, code=self.code)

    def get_help_text(self) -> str:
        return "; ".join(demand.text for demand in self.demands("", None)) + "."


@sensitive_variables("password")
def demands(password: str, user: AbstractBaseUser | None) -> list[Demand]:
    """Every rule for this person's password, in the order of the validators."""
    validators = password_validation.get_default_password_validators()
    ours = [each for each in validators if isinstance(each, ByDemands)]
    return [demand for each in ours for demand in each.demands(password, user)]


class StrengthValidator(ByDemands):
    """Asks for length and, but for the NIST policy, for four kinds of characters.

    Letters and digits are those of any script; accents belong to their letter; whatever else
    there is, a space too, is "neither". Categories are Unicode's general categories.
    """

    code = "password_weak"

    @sensitive_variables("password")
    def demands(self, password: str, user: AbstractBaseUser | None) -> list[Demand]:
        least = _min_length(user)
        length = f"At least {least} characters"
        too_short = f"Use at least {least} characters." if len(password) < least else ""
        too_long = f"Use at most {MAX_LENGTH} characters."
        if len(password) > MAX_LENGTH:
            return [Demand(length), Demand(f"At most {MAX_LENGTH} characters", too_long)]
        kinds = [] if _is_nist() else _demand_kinds(password)
        return [Demand(length, too_short), *kinds]


def _min_length(user: AbstractBaseUser | None) -> int:
    alone = _is_nist() and not getattr(user, "has_mfa", False)
    return MIN_LENGTH_ALONE if alone else MIN_LENGTH


def _is_nist() -> bool:
    policy: str = settings.PASSWORD_POLICY
    return policy == "nist"


def _demand_kinds(password: str) -> list[Demand]:
    kinds = {unicodedata.category(character) for character in password}
    rules: Mapping[str, bool] = {
        "an upper-case letter": not kinds.isdisjoint({"Lu", "Lt"}),
        "a lower-case letter": "Ll" in kinds,
        "a digit": "Nd" in kinds,
        "a character that is neither a letter nor a digit": any(
            kind != "Nd" and kind[0] not in "LM" for kind in kinds
        ),
    }
    return [
        Demand(text=rule[0].upper() + rule[1:], broken="" if holds else f"Add {rule}.")
        for rule, holds in rules.items()
    ]


class CommonPasswordValidator(ByDemands, password_validation.CommonPasswordValidator):
    """Refuses what stands on the lists that attackers try first, also thinly disguised.

    The lists are Django's and zxcvbn's, compared without regard to case; zxcvbn also sees
    through look-alikes (`Passw0rd!`), dates and rows of keys.
    """

    code = "password_too_common"

    def __init__(self) -> None:
        super().__init__()
        self.passwords |= set(FREQUENCY_LISTS["passwords"])

    @sensitive_variables("password")
    def demands(self, password: str, user: AbstractBaseUser | None) -> list[Demand]:
        text = "Not a common password, nor one with a few characters swapped or added"
        refusal = "This password is too common: it is among the first that anyone would try."
        return [Demand(text, refusal if self._is_common(password) else "")]

    @sensitive_variables("password")
    def _is_common(self, password: str) -> bool:
        if password.lower().strip() in self.passwords:
            return True
        # nothing typed is no password at all, which zxcvbn cannot estimate
        estimated = 0 < len(password) <= MAX_ESTIMATED
        return estimated and zxcvbn(password)["guesses"] < MIN_GUESSES


class ContextValidator(ByDemands, password_validation.UserAttributeSimilarityValidator):
    """Refuses what is little more than the person's name or e-mail, or a name of the site's."""

    code = "password_too_similar"

    @sensitive_variables("password")
    def demands(self, password: str, user: AbstractBaseUser | None) -> list[Demand]:
        text = "More than your name, your e-mail address, or the name of this site or a workspace"
        if len(password) > MAX_LENGTH:  # refused already, and costly to take apart
            return [Demand(text)]
        refusal = reason_to_refuse(password, user) or self._too_similar(password, user)
        return [Demand(text, refusal)]

    @sensitive_variables("password")
    def _too_similar(self, password: str, user: AbstractBaseUser | None) -> str:
        try:
            password_validation.UserAttributeSimilarityValidator.validate(self, password, user)
        except ValidationError as error:
            return str(error.messages[0])
        return ""
