"""cachetools binds `timer=time.monotonic` as a default argument, before any outage."""

import time

from support.libraries import library

from chaos_llm import outage

cachetools = library("cachetools")
ttl_cache = library("cachetools.func").ttl_cache

SHARED = cachetools.TTLCache(10, 600)


def test_an_entry_lives_for_its_ttl_to_the_second():
    cache = cachetools.TTLCache(10, 300)
    with outage() as chaos:
        cache["question"] = "answer"
        time.sleep(299)
        assert cache.get("question") == "answer"
        time.sleep(1)
        assert cache.get("question") is None
        assert chaos.now == 300


def test_a_decorated_function_is_called_again_after_its_ttl():
    called = []

    with outage() as chaos:

        @ttl_cache(ttl=300)
        def answer():
            called.append(chaos.now)

        for _ in range(13):
            answer()
            time.sleep(100)
    assert called == [0, 300, 600, 900, 1200]


def test_entries_cached_in_one_outage_have_expired_in_the_next():
    with outage():
        time.sleep(36_000)
        SHARED["question"] = "an old answer"
    with outage():
        time.sleep(600)
        assert SHARED.get("question") is None
