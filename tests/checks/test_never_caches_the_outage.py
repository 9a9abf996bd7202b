"""`never_caches_the_outage` fails a cache that keeps failures."""

from __future__ import annotations

import functools

import anthropic
import pytest
from support.apps.bots import MODEL, ask_once, claude
from support.apps.defended import (
    APOLOGY,
    ERRORS,
    Breaker,
    Cached,
    Defended,
    apologise,
    ask_async_once,
    ask_claude_or_gpt,
    ask_gpt,
    gpt,
    or_else,
)
from support.judging import NUMBERED, Judge
from support.small_profiles import BAD_TIME, HOUR, MINUTE, profile_of, window

from chaos_llm import outage
from chaos_llm.checks import never_caches_the_outage
from chaos_llm.faults import cut_stream
from chaos_llm.profiles.model import Target

FOUR = [f"question {n}, KX-1111{n}" for n in range(4)]


def mixed(number):
    """Half from a small set that repeats."""
    return FOUR[number // 2 % 4] if number % 2 else f"new question {number}"


found = Judge(
    never_caches_the_outage(),
    BAD_TIME,
    {"every": "30s", "prompts": mixed, "warmup": 0, "recovery": "20m"},
)


def torn(question):
    shown = []
    try:
        with claude(max_retries=0).messages.stream(
            model=MODEL, max_tokens=300, messages=[{"role": "user", "content": question}]
        ) as stream:
            shown.extend(stream.text_stream)
    except Exception:
        shown.append("")
    return "".join(shown)


BAD_TEXTS = {
    "apology": or_else(ask_once, APOLOGY),
    "error": or_else(ask_once, str),
    "nothing": or_else(ask_once, None),
    "empty": or_else(ask_once, ""),
    "dict": or_else(ask_once, lambda error: {"answer": None, "why": str(error)}),
    "label": or_else(lambda question: ask_once(question) and "positive", "unknown"),
}


@pytest.mark.parametrize("app", BAD_TEXTS.values(), ids=BAD_TEXTS)
def test_a_cache_that_keeps_bad_results_fails(app):
    finding = found(Cached(app))
    assert finding.verdict == "fail"
    assert 20 * MINUTE < finding.at < 22 * MINUTE


@pytest.mark.parametrize("app", BAD_TEXTS.values(), ids=BAD_TEXTS)
def test_a_cache_around_the_whole_app_fails(app):
    def after_the_lead_in(number):
        return FOUR[number % 4] if number >= 10 else f"new question {number}"

    finding = found(Cached(app, keep=2 * HOUR), prompts=after_the_lead_in, warmup="5m")
    assert finding.verdict == "fail"
    assert finding.at == 30 * MINUTE


@pytest.mark.parametrize("app", BAD_TEXTS.values(), ids=BAD_TEXTS)
def test_without_the_cache_the_same_app_passes(app):
    assert found.verdict(app) == "pass"


def test_the_finding_shows_the_cached_text():
    finding = found(Cached(or_else(ask_once, str)))
    assert finding.seen.startswith(
        'call 41 returned the bad result of call 1 (error_text: "Error code'
    )
    assert finding.seen.endswith("without a request")


def test_c8_a_kept_apology_is_seen_without_a_healthy_call():
    @functools.lru_cache
    def app(question):
        try:
            return ask_once(question)
        except anthropic.APIError:
            return APOLOGY

    with outage(profile_of(window(ends=20 * MINUTE)), seed=3) as chaos:
        report = chaos.replay(
            app, every="1m", prompts=lambda n: f"question {n % 3}", warmup=0, recovery="20m"
        )
    finding = never_caches_the_outage()(report.run)
    assert finding.verdict == "fail"
    assert "call 30 returned the bad result of call 0 (degraded: 'We cannot" in finding.seen


def test_c8_a_cache_whose_bad_results_are_never_asked_for_again_is_not_judged():
    def all_asked_before(number):
        return f"question {number % 4}, KX-1111{number % 4}" if number % 2 else f"new {number}"

    options = {"prompts": all_asked_before, "warmup": "10m"}
    finding = found(Cached(or_else(ask_once, APOLOGY), keep=9 * HOUR), **options)
    assert finding.verdict == "not judged"
    assert finding.seen.endswith("repeated after the outage; use warmup=0")
    assert found(or_else(ask_once, APOLOGY), **options | {"prompts": "new {}".format}).verdict == (
        "not applicable"
    )


def test_half_an_answer_is_not_to_be_kept_either():
    profile = profile_of(window(cut_stream(), ends=20 * MINUTE))
    assert found.verdict(Cached(torn), profile) == "fail"


def test_a_cache_of_good_answers_passes():
    def keeps_good_ones(question, kept={}):  # noqa: B006 - a cache's memory
        if question not in kept:
            kept[question] = ask_once(question)
        return kept[question]

    assert found.verdict(keeps_good_ones) == "pass"
    assert found.verdict(Cached(ask_once)) == "pass"


def test_exceptions_are_not_kept_by_a_cache_of_the_standard_library():
    assert found.verdict(functools.lru_cache(ask_once)) == "pass"


@pytest.mark.parametrize("cooldown", [60, 300, 590])
def test_a_breaker_that_is_still_open_after_the_outage_is_no_cache(cooldown):
    app = Defended(apologise, breaker=Breaker(cooldown=cooldown))
    assert found.verdict(app) == "pass"


def test_an_apology_while_all_is_down_is_no_cache():
    both = profile_of(window(on=(Target("anthropic"), Target("openai")), ends=HOUR))
    assert found.verdict(Defended(or_else(ask_gpt, APOLOGY)), both, recovery=0) == "not applicable"


def test_it_is_not_applicable_where_nothing_goes_wrong():
    finding = found(Defended())
    assert finding.verdict == "not applicable"
    assert finding.seen == "no prompt with a bad result was repeated after the outage"


def test_it_is_not_applicable_without_repeated_prompts():
    assert found.verdict(Cached(or_else(ask_once, str)), prompts=NUMBERED) == "not applicable"


def test_a_fallbacks_answer_may_be_kept():
    assert found.verdict(Cached(ask_claude_or_gpt)) == "not applicable"


def test_the_same_default_after_a_new_request_is_no_cache():
    always = or_else(lambda question: anthropic.Anthropic().nothing, APOLOGY)
    assert found.verdict(always) == "not applicable"


def test_many_users_share_the_bad_cache():
    kept = {}

    async def app(question):
        if question not in kept:
            try:
                kept[question] = await ask_async_once(question)
            except ERRORS:
                kept[question] = APOLOGY
        return kept[question]

    assert found.verdict(app, users=5, every="1m") == "fail"


def test_an_apology_of_an_open_breaker_is_not_kept_though_a_lookup_before_it_succeeded():
    breaker = Breaker()

    def answers_from_documents(question):
        if not breaker.let_through():
            return APOLOGY
        try:
            gpt().embeddings.create(model="text-embedding-3-small", input=question)
            answer = ask_gpt(question)
        except ERRORS:
            breaker.note(failed=True)
            return APOLOGY
        breaker.note(failed=False)
        return answer

    chat_only = Target("openai", path="/v1/chat/completions")
    bad_time = profile_of(window(on=chat_only, ends=615))
    one = {"prompts": ["one question, KX-11111"], "warmup": "5m"}
    assert found.verdict(answers_from_documents, bad_time, **one) == "pass"
