"""Setting the second factor up, renewing its recovery codes, turning it off; how it is stored."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest.mock import patch
from urllib.parse import unquote

import pyotp
import pytest
from django.core.management import CommandError, call_command
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone

from accounts import mfa, recovery_codes
from accounts.encryption import Undecryptable, decrypt, encrypt
from accounts.mfa import WrongCode
from accounts.models import AuditEvent, QueuedMail, Session, User
from accounts.notices import Notice
from kbsite import mongo
from tests.accounts.authenticator import SECRET, code, give_second_factor, visit
from tests.conftest import PASSWORD, filled_collections

SET_UP, OFF = "/accounts/second-step/set-up/", "/accounts/second-step/off/"
HUB, RENEW = "/accounts/second-step/", "/accounts/second-step/recovery-codes/"
STEP = "/accounts/login/second-step/"


@pytest.fixture
def ada(client: Client, make_user: Callable[..., User]) -> User:
    user = make_user("ada")
    client.force_login(user)
    return user


def shown_secret(client: Client) -> str:
    return str(client.get(SET_UP).context["secret"]).replace(" ", "")


def enrol(client: Client, typed: str, password: str = PASSWORD):  # type: ignore[no-untyped-def]
    return client.post(SET_UP, {"first_code": typed, "current_password": password})


def confirm(client: Client, path: str, password: str = PASSWORD, typed: str = ""):  # type: ignore[no-untyped-def]
    return client.post(path, {"current_password": password, "code": typed})


def now(user: User) -> User:
    return User.objects.get(pk=user.pk)


def kinds_of_mail() -> list[str]:
    return list(QueuedMail.objects.values_list("kind", flat=True))


def test_the_page_shows_a_secret_for_this_site_and_person(client: Client, ada: User) -> None:
    page = client.get(SET_UP)
    secret = shown_secret(client)
    assert len(secret) == 32
    read = pyotp.parse_uri(mfa.address(ada, secret))
    assert (read.issuer, read.name) == ("Knowledge base", "ada@example.org")
    svg = page.context["qr"]
    assert svg.startswith("<svg")
    assert "style=" not in svg
    assert "no-store" in page.headers["Cache-Control"]


def test_somebody_without_an_address_is_labelled_by_name(ada: User) -> None:
    ada.email = ""
    assert pyotp.parse_uri(mfa.address(ada, SECRET)).name == "ada"


def test_a_correct_code_turns_it_on_and_shows_ten_recovery_codes_once(
    client: Client, ada: User
) -> None:
    response = enrol(client, code(shown_secret(client)))
    codes = response.context["codes"]
    assert len(codes) == 10
    page = response.content.decode()
    assert all(each in page for each in codes)
    assert unquote(response.context["download"]).split("\n")[2:-1] == list(codes)
    assert now(ada).has_mfa
    assert now(ada).mfa_pending == ""
    assert codes[0] not in client.get(HUB).content.decode()
    assert client.get(SET_UP).headers["Location"] == HUB
    assert kinds_of_mail() == [Notice.MFA_ON]
    assert AuditEvent.objects.get(action="mfa.enable").actor_name == "ada"


def test_a_pending_secret_counts_for_nothing_until_then(client: Client, ada: User) -> None:
    shown_secret(client)
    assert not now(ada).has_mfa
    entered = Client()
    entered.post("/accounts/login/", {"username": "ada", "password": PASSWORD})
    assert entered.get(HUB).status_code == 200


def test_a_wrong_code_turns_nothing_on_and_keeps_the_secret(client: Client, ada: User) -> None:
    secret = shown_secret(client)
    response = enrol(client, "000000")
    assert "first_code" in response.context["form"].errors
    assert response.context["secret"].replace(" ", "") == secret
    assert not now(ada).has_mfa


def test_a_secret_that_waited_too_long_is_replaced(client: Client, ada: User) -> None:
    secret = shown_secret(client)
    long_ago = timezone.now() - mfa.PENDING_LASTS - timedelta(seconds=1)
    User.objects.update(mfa_pending_at=long_ago)
    assert "first_code" in enrol(client, code(secret)).context["form"].errors
    assert shown_secret(client) != secret


def test_of_two_who_turn_it_on_one_is_told(ada: User) -> None:
    first, second = now(ada), now(ada)
    tab = with_session()
    secret = mfa.begin(first, request=tab)
    second.refresh_from_db()
    mfa.turn_on(first, code(secret), request=tab)
    with pytest.raises(WrongCode):
        mfa.turn_on(second, code(secret), request=tab)


def test_m4_another_session_is_never_shown_the_secret_that_is_turned_on(
    client: Client, ada: User
) -> None:
    stolen = Client()
    stolen.force_login(ada)
    secret = shown_secret(client)
    assert shown_secret(stolen) != secret
    assert "first_code" in enrol(client, code(secret)).context["form"].errors
    enrol(client, code(shown_secret(client)))
    assert now(ada).has_mfa


def test_m1_the_code_that_turned_it_on_does_not_sign_in(client: Client, ada: User) -> None:
    typed = code(shown_secret(client))
    enrol(client, typed)
    half = Client()
    half.post("/accounts/login/", {"username": "ada", "password": PASSWORD})
    assert "code" in half.post(STEP, {"code": typed}).context["form"].errors


def test_s2_turning_it_on_signs_out_everywhere_else(client: Client, ada: User) -> None:
    elsewhere = Client()
    elsewhere.force_login(ada)
    in_an_hour = timezone.now() + timedelta(hours=1)
    Session.objects.create(
        kind=Session.Kind.API,
        stage=Session.Stage.FULL,
        user=ada,
        expires_at=in_an_hour,
        ends_at=in_an_hour,
        purge_at=in_an_hour,
    )
    enrol(client, code(shown_secret(client)))
    assert client.get(HUB).status_code == 200
    assert elsewhere.get(HUB).status_code == 302
    assert Session.objects.filter(user=ada, revoked_at=None).count() == 1


def test_s1_turning_it_on_changes_the_cookie(client: Client, ada: User) -> None:
    before = client.cookies["session"].value
    enrol(client, code(shown_secret(client)))
    assert client.cookies["session"].value != before


@pytest.mark.parametrize("path", [OFF, RENEW])
@pytest.mark.parametrize(
    ("password", "typed", "wrong"),
    [
        ("", "", "current_password"),
        ("Wrong-horse-9", "right", "current_password"),
        (PASSWORD, "", "code"),
        (PASSWORD, "000000", "code"),
    ],
)
def test_m4_an_old_session_alone_changes_nothing(
    client: Client, ada: User, path: str, password: str, typed: str, wrong: str
) -> None:
    give_second_factor(ada)
    response = confirm(client, path, password, code() if typed == "right" else typed)
    assert wrong in response.context["form"].errors
    assert (now(ada).mfa_secret, now(ada).recovery_codes) == (ada.mfa_secret, ada.recovery_codes)
    assert kinds_of_mail() == []
    # and the code is not used up by a wrong password
    assert mfa.spend(now(ada), code())


def test_m4_turning_it_on_takes_the_password(client: Client, ada: User) -> None:
    response = enrol(client, code(shown_secret(client)), "Wrong-horse-9")
    assert "current_password" in response.context["form"].errors
    assert not now(ada).has_mfa


def test_p8_the_password_is_asked_for_a_few_times_only(client: Client, ada: User) -> None:
    give_second_factor(ada)
    for _ in range(5):
        confirm(client, OFF, "Wrong-horse-9", code())
    response = confirm(client, OFF, PASSWORD, code())
    assert response.status_code == 429
    assert now(ada).has_mfa


def test_m4_it_is_turned_off_with_password_and_code_and_told(client: Client, ada: User) -> None:
    give_second_factor(ada)
    assert confirm(client, OFF, typed=code()).headers["Location"] == HUB
    assert (now(ada).mfa_secret, now(ada).recovery_codes) == ("", [])
    assert kinds_of_mail() == [Notice.MFA_OFF]
    assert AuditEvent.objects.filter(action="mfa.disable").exists()


def test_recovery_codes_are_renewed_and_the_old_ones_end(client: Client, ada: User) -> None:
    old = give_second_factor(ada).texts
    new = confirm(client, RENEW, typed=old[0]).context["codes"]
    assert not set(old) & set(new)
    assert not recovery_codes.spend(now(ada), old[1], request=visit())
    assert recovery_codes.spend(now(ada), new[1], request=visit())
    assert Notice.RECOVERY_RENEWED in kinds_of_mail()
    assert "9 of ten" in client.get(HUB).content.decode()


@pytest.mark.parametrize("path", [OFF, RENEW])
def test_without_one_there_is_nothing_to_turn_off_or_renew(
    client: Client, ada: User, path: str
) -> None:
    assert client.get(path).headers["Location"] == HUB
    assert confirm(client, path).headers["Location"] == HUB


def test_an_administrator_resets_what_somebody_has_lost(client: Client, ada: User) -> None:
    give_second_factor(ada)
    root = User.objects.create_superuser("root", "root@example.org", PASSWORD)
    mfa.reset(ada, by=root, reason="Lost the phone", request=visit())
    assert not now(ada).has_mfa
    assert now(ada).recovery_codes == []
    assert client.get(HUB).status_code == 302
    assert kinds_of_mail() == [Notice.MFA_OFF]
    event = AuditEvent.objects.get(action="mfa.reset")
    assert (event.actor_name, event.target_name) == ("root", "ada")
    assert event.details == {"reason": "Lost the phone"}


def test_m5_the_database_holds_no_secret(client: Client, ada: User) -> None:
    secret = shown_secret(client)
    assert secret not in everything_stored()
    enrol(client, code(secret))
    assert secret not in everything_stored()
    assert decrypt(now(ada).mfa_secret) == secret


def test_m5_an_old_key_still_opens_what_it_closed(ada: User, settings: Any) -> None:
    stored = encrypt(SECRET)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another"
    assert decrypt(stored) == SECRET
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(Undecryptable):
        decrypt(stored)


def test_m5_rotating_encrypts_with_the_current_key(ada: User, settings: Any) -> None:
    give_second_factor(ada)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another"
    call_command("rotate_secrets", verbosity=0)
    settings.SECRET_KEY_FALLBACKS = []
    assert decrypt(now(ada).mfa_secret) == SECRET


def test_m5_rotating_names_whose_secret_no_key_opens(ada: User, settings: Any) -> None:
    codes = give_second_factor(ada)
    settings.SECRET_KEY = "another"
    with pytest.raises(CommandError, match="ada"):
        call_command("rotate_secrets", verbosity=0)
    # the app's codes are lost with the key, the recovery codes are not
    assert not mfa.spend(ada, code())
    assert recovery_codes.spend(ada, codes.texts[0], request=visit())


def test_c3_secrets_and_codes_reach_no_log(
    client: Client, ada: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    secret = shown_secret(client)
    typed = code(secret)
    with patch("accounts.recovery_codes.make", side_effect=RuntimeError):
        broken = Client(raise_request_exception=False)
        broken.cookies = client.cookies
        page = enrol(broken, typed).content.decode()
    assert not any(each in caplog.text + page for each in (secret, typed, PASSWORD))


def everything_stored() -> str:
    names = filled_collections()
    return "".join(str(list(mongo.database()[name].find())) for name in names)


def with_session() -> HttpRequest:
    request = visit()
    request.session = Client().session
    return request
