"""What signing in and changing a password take, and what they leave for others.

`python -m bench.accounts` prints one JSON object. The floor is one check of a bcrypt hash of the
site's cost (`check_ms`), by the library, in the same run.

- `sign_in_ms`: median of a whole request to the sign-in page's form, on a real web server;
  `sign_in_ratio`: over the floor;
- `history_ms`: finding that a password is none of the ten remembered; `history_ratio`: over the
  floor (10 checks on two cores: 5 is in line with the work);
- `others`: latency of `/healthz` and of a page in milliseconds (p50, p99), alone and while
  20 people change their password at the same moment; `changes_s`: how long the 20 took.
"""

import json
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import bcrypt
import httpx

from bench.database import throwaway_database
from bench.server import ADDRESS, get, web_process

COST, HISTORY, PEOPLE, SIGN_INS, CHECKS = 12, 10, 20, 12, 12
FIRST, SECOND = "Bench-horse-1 staple", "Bench-horse-2 staple"
PING_SECONDS, ALONE_SECONDS, START_SECONDS = 0.05, 5.0, 300.0


def main() -> None:
    with throwaway_database():
        check = floor()
        result = history(check) | on_a_server(check)
    print(json.dumps({"bench": "accounts", "check_ms": round(check, 1), **result}))


def floor() -> float:
    """Median milliseconds of one check by the bcrypt library."""
    hashed = bcrypt.hashpw(FIRST.encode(), bcrypt.gensalt(COST))
    return _median_ms(lambda: bcrypt.checkpw(FIRST.encode(), hashed))


def history(check: float) -> dict[str, float]:
    from django.contrib.auth.hashers import make_password
    from django.core.exceptions import ValidationError

    from accounts.models import RememberedPassword, User
    from accounts.passwords import HistoryValidator

    hashes = [make_password(f"Old-password-{n}") for n in range(HISTORY)]
    user = User(
        password=hashes[-1],
        password_history=[RememberedPassword(password=each) for each in hashes],
    )

    def look() -> None:
        try:
            HistoryValidator().validate(FIRST, user)
        except ValidationError as error:
            raise AssertionError("the password is new") from error

    took = _median_ms(look)
    return {"history_ms": round(took, 1), "history_ratio": round(took / check, 2)}


def on_a_server(check: float) -> dict[str, object]:
    from accounts.models import User

    for n in range(PEOPLE):
        User.objects.create_user(f"bench{n}", f"bench{n}@example.org", FIRST)
    # each sign-in has an address of its own, or they would be counted as one visitor's
    with web_process(FORWARDED_ALLOW_IPS="127.0.0.1"):
        _wait_for_the_server()
        with _people() as people:
            took = [_sign_in(person, n) for n, person in enumerate(people)][-SIGN_INS:]
            alone = _pinged(lambda: time.sleep(ALONE_SECONDS))[0]
            during, seconds = _pinged(lambda: _change_all(people))
    sign_in = statistics.median(took) * 1000
    return {
        "sign_in_ms": round(sign_in, 1),
        "sign_in_ratio": round(sign_in / check, 2),
        "others": {"alone": alone, "during": during},
        "changes_s": round(seconds, 2),
    }


@contextmanager
def _people() -> Iterator[list[httpx.Client]]:
    clients = [httpx.Client(base_url=ADDRESS, timeout=120) for _ in range(PEOPLE)]
    try:
        yield clients
    finally:
        for client in clients:
            client.close()


def _sign_in(person: httpx.Client, n: int) -> float:
    """Seconds that the form takes."""
    person.headers["X-Forwarded-For"] = f"198.51.100.{n + 1}"
    fields = {"username": f"bench{n}", "password": FIRST}
    return _post(person, "/accounts/login/", fields)


def _change_all(people: list[httpx.Client]) -> None:
    fields = {"old_password": FIRST, "new_password1": SECOND, "new_password2": SECOND}
    with ThreadPoolExecutor(PEOPLE) as pool:
        list(pool.map(lambda person: _post(person, "/accounts/password/", fields), people))


def _post(person: httpx.Client, path: str, fields: dict[str, str]) -> float:
    page = person.get(path).text
    token = page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    started = time.perf_counter()
    response = person.post(path, data={**fields, "csrfmiddlewaretoken": token})
    if response.status_code != httpx.codes.FOUND:
        raise RuntimeError(f"{path} answered {response.status_code}")
    return time.perf_counter() - started


def _pinged(work: Callable[[], object]) -> tuple[dict[str, dict[str, float]], float]:
    """What other requests take while `work` runs, and the seconds that it took."""
    done = threading.Event()
    with ThreadPoolExecutor(2) as pool:
        pings = {path: pool.submit(_ping, path, done) for path in ("/healthz", "/accounts/login/")}
        started = time.perf_counter()
        try:
            work()
        finally:
            seconds = time.perf_counter() - started
            done.set()
        return {path: _p50_p99(ping.result()) for path, ping in pings.items()}, seconds


def _ping(path: str, done: threading.Event) -> list[float]:
    took = []
    while not done.wait(PING_SECONDS):
        took.append(get(path).seconds * 1000)
    return took


def _p50_p99(took: list[float]) -> dict[str, float]:
    ordered = sorted(took)
    return {
        "p50": round(statistics.median(ordered), 1),
        "p99": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))], 1),
    }


def _wait_for_the_server() -> None:
    until = time.monotonic() + START_SECONDS
    while get("/healthz").status != 200:
        if time.monotonic() > until:
            raise TimeoutError("the web process does not answer")
        time.sleep(0.2)


def _median_ms(work: Callable[[], object]) -> float:
    took = []
    for _ in range(CHECKS):
        started = time.perf_counter()
        work()
        took.append((time.perf_counter() - started) * 1000)
    return statistics.median(took)


if __name__ == "__main__":
    main()
