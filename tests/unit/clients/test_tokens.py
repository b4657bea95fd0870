from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from workers.clients.surveys.tokens import Token, TokenCache


def counting(expires_at: float = 100.0):
    made: list[Token] = []

    def login() -> Token:
        made.append(Token(text=f"token-{len(made) + 1}", expires_at=expires_at))
        return made[-1]

    return login, made


def test_threads_that_wait_for_a_token_share_one_login():
    login, made = counting()
    cache = TokenCache(login, clock=lambda: 0)
    together = threading.Barrier(8)

    def get() -> str:
        together.wait()
        return cache.get()

    with ThreadPoolExecutor(8) as pool:
        found = [future.result() for future in [pool.submit(get) for _ in range(8)]]

    assert found == ["token-1"] * 8
    assert len(made) == 1


def test_a_token_that_would_expire_at_once_is_used_by_whoever_got_it():
    login, made = counting(expires_at=0)
    cache = TokenCache(login, clock=lambda: 0)

    assert [cache.get(), cache.get()] == ["token-1", "token-2"]
    assert len(made) == 2


def test_a_refused_token_is_forgotten_and_a_newer_one_is_not():
    login, _ = counting()
    cache = TokenCache(login, clock=lambda: 0)
    old = cache.get()

    cache.discard(old)
    new = cache.get()
    cache.discard(old)

    assert cache.get() == new == "token-2"


def test_a_login_that_fails_leaves_no_token():
    def login() -> Token:
        raise OSError

    cache = TokenCache(login, clock=lambda: 0)

    for _ in range(2):
        with pytest.raises(OSError):  # noqa: PT011  # it has no text
            cache.get()


def test_a_token_is_in_no_repr():
    login, made = counting()
    cache = TokenCache(login, clock=lambda: 0)
    cache.get()

    assert "token-1" not in f"{cache!r} {made!r}"


def test_threads_that_wait_for_a_login_that_fails_do_not_try_it_again():
    tried, waiting = [], threading.Semaphore(0)

    def login() -> Token:
        tried.append(1)
        for _ in range(8 if len(tried) == 1 else 0):
            waiting.acquire()
        raise OSError("refused")

    cache = TokenCache(login, clock=lambda: 0)

    def get() -> str:
        waiting.release()
        return cache.get()

    with ThreadPoolExecutor(8) as pool:
        failures = [future.exception() for future in [pool.submit(get) for _ in range(8)]]

    assert [type(failure) for failure in failures] == [OSError] * 8
    assert len(tried) <= 3  # one, or a few more if a thread came only after it had failed
    before = len(tried)
    with pytest.raises(OSError, match="refused"):
        cache.get()
    assert len(tried) == before + 1
