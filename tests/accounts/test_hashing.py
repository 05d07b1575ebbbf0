"""Hashing leaves room for others, however many ask for it."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import bcrypt
import pytest
from django.contrib.auth.hashers import check_password, make_password

from tests.accounts.processes import in_another_process

CORES = os.cpu_count() or 1


class Hashing:
    """bcrypt, which notes how many hashes are made at once; the first ones wait for company."""

    def __init__(self) -> None:
        self.now = self.most = 0
        self._lock = threading.Lock()
        self._full = threading.Barrier(CORES)

    def __call__(self, *args: Any) -> bytes:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self._full.wait(timeout=10)
        hashed = HASH(*args)
        with self._lock:
            self.now -= 1
        return hashed


HASH = bcrypt.hashpw


def test_p10_no_more_hashes_are_made_at_once_than_there_are_cores(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hashing = Hashing()
    monkeypatch.setattr(bcrypt, "hashpw", hashing)
    with ThreadPoolExecutor(4 * CORES) as pool:
        list(pool.map(make_password, ["Correct-horse-9"] * (4 * CORES)))
    assert hashing.most == CORES


def test_p9_m2_the_sites_own_costs(db: None) -> None:
    """As another process has them: these tests hash at lower ones."""
    costs = in_another_process("""
from django.contrib.auth.hashers import make_password
from accounts.recovery_codes import SCRYPT_N
print(make_password("Correct-horse-9"), SCRYPT_N)
""")
    hashed, scrypt_n = costs.split()
    assert hashed.startswith("bcrypt_sha256$$2b$12$")
    assert int(scrypt_n) == 2**14


def test_hashes_are_djangos_bcrypt_by_its_own_name() -> None:
    hashed = make_password("Correct-horse-9")
    assert hashed.startswith("bcrypt_sha256$$2b$")
    assert check_password("Correct-horse-9", hashed)
