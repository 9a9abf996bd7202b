"""Kinds of wrong verdicts that real apps met; each test carries the id of its kind."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field

import anthropic
import httpx
import openai
import pytest
from support.apps.bots import MODEL, SECOND_MODEL, ask_once
from support.apps.defended import ERRORS, Breaker, ask_gpt_async, claude_async, gpt, gpt_async
from support.small_profiles import MINUTE, profile_of, window

from chaos_llm import outage
from chaos_llm.analysis.healthy_failures import healthy_failures
from chaos_llm.checks import (
    answers_are_whole,
    backs_off,
    honours_retry_after,
    never_caches_the_outage,
    never_waits_past,
    pool_is_not_exhausted,
    probes_with_one_request,
    returns_to,
    side_effects_happen_once,
    standard,
    stops_calling,
)
from chaos_llm.faults import (
    hang,
    latency,
    overloaded,
    rate_limited,
    server_error,
    slow_first_token,
    slow_tokens,
)
from chaos_llm.profiles.model import HealthyLatency, Target
from chaos_llm.reports.report import CheckFailed
from chaos_llm.server.runs.verdict import observed

pytestmark = pytest.mark.exhaustive(of_file=20)  # each plays a whole day

GPT = Target("openai")


def failing(profile, app, **options):
    """The default checks that fail, by name, with what each of them found."""
    report = replayed(profile, app, **options)
    findings = [check(report.run) for check in standard(report.run)]
    return {f.check.partition("(")[0]: f.seen for f in findings if f.verdict == "fail"}


def replayed(profile, app, **options):
    with outage(profile, seed=3) as chaos:
        return chaos.replay(app, **({"every": "30s", "recovery": "10m"} | options))


def until_finish_reason(question):
    """Read a stream to its finish_reason, and close it before [DONE]."""
    pieces = []
    stream = gpt().chat.completions.create(
        model=SECOND_MODEL, stream=True, messages=[{"role": "user", "content": question}]
    )
    for chunk in stream:
        pieces.append(chunk.choices[0].delta.content or "")
        if chunk.choices[0].finish_reason:
            break
    stream.close()
    return "".join(pieces)


@pytest.mark.parametrize(
    "fault", [latency(seconds=5), slow_tokens(seconds=0.5), slow_first_token(seconds=9)], ids=repr
)
def test_c1_a_stream_that_is_closed_at_its_finish_reason_has_answered(fault):
    profile = profile_of(window(fault, ends=40 * MINUTE, on=GPT))
    report = replayed(profile, until_finish_reason)
    assert report.primary == 1.0
    assert stops_calling("openai")(report.run).verdict == "not applicable"
    assert returns_to("openai")(report.run).verdict == "pass"
    assert not failing(profile, until_finish_reason)


def test_c2_two_answers_with_one_reference_are_each_the_answer_of_their_call():
    """In 10,000 calls two references are equal by chance; here every second one is."""
    with outage(None, seed=3) as chaos:
        chaos.on("anthropic").answers(
            lambda request: f"Yes, {request.prompt} Reference R7-20931-K."
        )
        report = chaos.replay(ask_once, calls=20, warmup="0s")
    assert report.counts == {"primary": 20}


@dataclass
class Shown:
    text: str


SHAPES = [
    lambda text: {"reply": text, "length": len(text)},
    lambda text: [text[:40], text[40:], text],
    Shown,
    lambda text: iter([text[:30], text[30:]]),
    lambda text: (len(text), {"parts": [Shown(text)]}),
]


@pytest.mark.parametrize("shape", SHAPES, ids=["object", "list", "class", "stream", "nested"])
def test_c2_answers_with_one_reference_are_their_calls_in_every_shape(shape):
    """Also in an outage, in which the first try of a call fails or breaks off."""

    def app(question):
        try:
            return shape(ask_once(question))
        except (anthropic.APIError, IndexError):
            return shape(ask_once(question))

    with outage(profile_of(window(ends=20 * MINUTE, share=0.5)), seed=3) as chaos:
        chaos.on("anthropic").answers(
            lambda request: f"Yes, {request.prompt} Reference R7-20931-K."
        )
        report = chaos.replay(app, every="1m")
    assert set(report.counts) <= {"primary", "failed"}
    assert answers_are_whole()(report.run).verdict in ("pass", "not applicable")


async def ask_claude_for_twenty_seconds(question):
    client = claude_async(0).with_options(timeout=20)
    message = await client.messages.create(
        model=MODEL, max_tokens=300, messages=[{"role": "user", "content": question}]
    )
    return message.content[0].text


class HalfOpen:
    """A breaker that lets one call through after a minute, and all calls after a good answer."""

    def __init__(self):
        self.opened, self.failures, self.probing = 0.0, 0, False

    async def answer(self, question):
        is_open = self.failures >= 3
        if is_open and (self.probing or time.monotonic() - self.opened < 60):
            return await ask_gpt_async(question)
        self.probing = is_open
        try:
            answer = await ask_claude_for_twenty_seconds(question)
            for _ in range(5):  # the breaker's state is kept in a store that answers at once
                await asyncio.sleep(0)
        except anthropic.APIError:
            self.failures, self.opened = self.failures + 1, time.monotonic()
            return await ask_gpt_async(question)
        finally:
            self.probing = False
        self.failures = 0
        return answer


@pytest.mark.parametrize("seed", range(3))
def test_c3_calls_after_a_good_answer_are_no_probes(seed):
    """An answer takes as long as two calls are apart, so one begins when the good probe ends."""
    pace = {"anthropic": HealthyLatency(first_token=3.75)}
    profile = profile_of(window(hang(), ends=40 * MINUTE, share=0.6), baseline=pace)
    with outage(profile, seed=seed) as chaos:
        report = chaos.replay(HalfOpen().answer, users=16, every="30s", recovery="5m")
    finding = probes_with_one_request("anthropic", at_most=3)(report.run)
    assert finding.verdict in ("pass", "not judged", "not applicable"), finding.seen


def waits_far_too_long(question, unit=100):
    """Take a retry-after of seconds for one of another unit."""
    for _ in range(2):
        try:
            return ask_once(question)
        except anthropic.RateLimitError as refused:
            time.sleep(float(refused.response.headers["retry-after"]) * unit)
    return ask_once(question)


def test_c4_a_wait_of_a_hundred_times_the_retry_after_is_not_called_obedience():
    profile = profile_of(window(rate_limited(retry_after=2), ends=20 * MINUTE))
    run = replayed(profile, waits_far_too_long, every="10m").run
    late, early = never_waits_past()(run), honours_retry_after()(run)
    assert late.verdict == early.verdict == "fail"
    assert "it waited 3 min 20 s, 100 times a retry-after of 2 s from anthropic" in late.seen
    assert early.seen.endswith("waited 3 min 20 s, 100 times the 2 s that anthropic had asked for")


def test_c4_a_wait_that_is_longer_by_the_apps_own_backoff_is_sound():
    profile = profile_of(window(rate_limited(retry_after=2), ends=20 * MINUTE))

    def patient(question):
        return waits_far_too_long(question, unit=10)

    assert honours_retry_after()(replayed(profile, patient, every="10m").run).verdict == "pass"


class SecondModel:
    """Claude's large model, else its small one; with or without a breaker for the large one."""

    def __init__(self, breaker=None):
        self.breaker = breaker

    def __call__(self, question):
        try:
            return self.breaker.ask(ask_once, question) if self.breaker else ask_once(question)
        except ERRORS:
            return ask_once(question, "claude-haiku-4-5")


ONE_MODEL = profile_of(window(overloaded(), ends=40 * MINUTE, on=Target("anthropic", model=MODEL)))


def test_c7_a_dead_model_that_every_call_asks_first_fails():
    report = replayed(ONE_MODEL, SecondModel())
    finding = stops_calling("anthropic")(report.run)
    assert finding.verdict == "fail"
    assert finding.seen == (
        f"80 calls in a row used anthropic while it was down, and it answered none (model {MODEL})"
    )
    assert report.counts["fallback"] == 80


def test_c7_a_breaker_for_one_model_passes():
    run = replayed(ONE_MODEL, SecondModel(Breaker())).run
    assert stops_calling("anthropic")(run).verdict == "pass"
    assert returns_to("anthropic")(run).verdict == "pass"
    assert not failing(ONE_MODEL, SecondModel(Breaker()))


def test_c7_two_models_that_healthy_calls_use_together_are_no_fallback():
    def classify_and_answer(question):
        with suppress(anthropic.APIError):
            ask_once(question, "claude-haiku-4-5")
        return ask_once(question)

    haiku = Target("anthropic", model="*haiku*")
    small = profile_of(window(overloaded(), ends=40 * MINUTE, on=haiku))
    assert replayed(small, classify_and_answer).primary == 1.0


@dataclass
class CachesErrors:
    """A cache that keeps the exception of a question, and raises it again."""

    keep: float = 7200.0
    kept: dict = field(default_factory=dict)
    requests: int = 0

    def __call__(self, question):
        since, error = self.kept.get(question, (-1e9, None))
        if time.monotonic() - since < self.keep:
            raise error
        try:
            self.requests += 1
            return ask_once(question)
        except anthropic.APIError as failure:
            self.kept[question] = time.monotonic(), failure
            raise


def three_questions(number):
    return f"question {number % 3}, KX-1111{number % 3}"


def test_c8_a_cache_that_keeps_exceptions_is_seen_by_its_missing_requests():
    profile = profile_of(window(overloaded(), ends=20 * MINUTE))
    report = replayed(
        profile, CachesErrors(), every="1m", prompts=three_questions, warmup=0, recovery="40m"
    )
    finding = never_caches_the_outage()(report.run)
    assert finding.verdict == "fail"
    assert "returned the bad result of call 0 (failed: OverloadedError) without a request" in (
        finding.seen
    )


def test_c8_repeated_prompts_are_counted_by_their_requests():
    profile = profile_of(window(overloaded(), ends=20 * MINUTE))
    app = CachesErrors(keep=60.0)
    report = replayed(profile, app, every="1m", prompts=three_questions, warmup=0, recovery="40m")
    finding = never_caches_the_outage()(report.run)
    assert finding.verdict == "pass"
    assert finding.seen == (
        "prompts with a bad result were sent again 3 times after the outage, and none returned "
        "that result from a cache"
    )


class LeaksStreams:
    """Show the first words of an async stream; `leaves` says what becomes of the rest."""

    def __init__(self, leaves="open"):
        self.leaves, self.kept = leaves, []

    async def answer(self, question):
        stream = await gpt_async().chat.completions.create(
            model=SECOND_MODEL, stream=True, messages=[{"role": "user", "content": question}]
        )
        shown = ""
        if self.leaves == "open":
            self.kept.append(stream)
        async for chunk in stream:
            shown += chunk.choices[0].delta.content or ""
            if len(shown) > 40:
                break
        if self.leaves == "closed":
            await stream.close()
        elif self.leaves == "read":
            self.kept.append(asyncio.create_task(drain(stream)))
        return shown


async def drain(stream):
    async for _ in stream:
        await asyncio.sleep(1)


def test_c9_async_streams_that_outlive_their_calls_are_leaks_whoever_closes_them():
    profile = profile_of(window(latency(seconds=1), ends=20 * MINUTE, on=GPT))
    finding = pool_is_not_exhausted()(replayed(profile, LeaksStreams().answer).run)
    assert finding.verdict == "fail"
    assert finding.seen.endswith(
        "streams were still open when their calls had ended, most of them to openai"
    )


@pytest.mark.parametrize("leaves", ["closed", "read"])
def test_c9_streams_that_are_closed_early_or_read_in_the_background_are_no_leaks(leaves):
    profile = profile_of(window(latency(seconds=1), ends=20 * MINUTE, on=GPT))
    finding = pool_is_not_exhausted()(replayed(profile, LeaksStreams(leaves).answer).run)
    assert finding.verdict == "not applicable"
    assert not failing(profile, LeaksStreams(leaves).answer)


def test_c9_the_limit_of_a_clients_pool_is_honoured_in_process():
    limits = httpx.Limits(max_connections=5)
    client = openai.AsyncOpenAI(
        api_key="x", max_retries=0, http_client=httpx.AsyncClient(limits=limits, timeout=10)
    )
    kept = []

    async def answer(question):
        stream = await client.chat.completions.create(
            model=SECOND_MODEL, stream=True, messages=[{"role": "user", "content": question}]
        )
        kept.append(stream)
        async for chunk in stream:
            return chunk.choices[0].delta.content or "-"
        return ""

    profile = profile_of(window(latency(seconds=1), ends=20 * MINUTE, on=GPT))
    finding = pool_is_not_exhausted()(replayed(profile, answer).run)
    assert finding.verdict == "fail"
    assert finding.seen.endswith("found no connection: PoolTimeout")


def shop(chaos, lost_acks=(), pay_again=True):
    """An app that pays once an answer has come, and again where its bank's reply is lost."""
    made = []

    def pay(order):
        chaos.side_effect("payment", order)
        made.append(order)
        if len(made) in lost_acks and pay_again:
            chaos.side_effect("payment", order)

    def answer(question):
        text = ask_once(question)
        pay(question)
        return text

    return answer


def test_c11_a_payment_that_is_repeated_in_one_healthy_call_fails():
    with outage(profile_of(window(overloaded(), ends=20 * MINUTE)), seed=3) as chaos:
        report = chaos.replay(shop(chaos, lost_acks=(4,)), every="1m")
    finding = side_effects_happen_once()(report.run)
    assert finding.verdict == "fail"
    assert finding.seen == "call 3 did payment 2 times, with the same arguments"


def test_c11_an_effect_that_happens_twice_in_every_healthy_call_is_the_norm():
    with outage(profile_of(window(overloaded(), ends=20 * MINUTE)), seed=3) as chaos:
        report = chaos.replay(shop(chaos, lost_acks=range(1000)), every="1m")
    assert side_effects_happen_once()(report.run).verdict == "pass"


def test_c11_a_call_whose_own_service_failed_does_not_show_what_is_healthy():
    with outage(profile_of(window(overloaded(), ends=20 * MINUTE)), seed=3) as chaos:
        replies = iter([httpx.Response(503), *[httpx.Response(200)] * 1000])
        bank = chaos.respx.post("https://bank.example/pay").mock(
            side_effect=lambda _: next(replies)
        )

        def answer(question):
            text = ask_once(question)
            for attempt in range(3):
                chaos.side_effect("payment", question, attempt)  # a new key each time
                if httpx.post("https://bank.example/pay").is_success:
                    return text
            return text

        report = chaos.replay(answer, every="1m")
        assert bank.called
    finding = side_effects_happen_once()(report.run)
    assert finding.verdict == "fail"
    assert finding.seen == "call 0 did payment 2 times, and healthy calls do it at most once"


def test_c17_retries_of_unknown_calls_are_not_judged_by_their_pauses(chaos_server):
    chaos_server.on("anthropic").inject(overloaded())
    base = chaos_server.base_url("anthropic")
    client = anthropic.Anthropic(api_key="x", base_url=base, max_retries=0)
    for _ in range(5):
        with suppress(anthropic.APIError):
            client.messages.create(
                model=MODEL, max_tokens=9, messages=[{"role": "user", "content": "hello"}]
            )
        chaos_server.advance("2s")
    finding = chaos_server.do(lambda run: backs_off()(observed(run)))
    assert finding.verdict == "not judged"
    assert finding.seen == "it is not known which calls 4 retried requests belong to"


LOGIN = "https://console.anthropic.com/v1/oauth/token"


def log_in():
    renewal = {"grant_type": "refresh_token", "refresh_token": "r", "client_id": "a"}
    return httpx.post(LOGIN, json=renewal).status_code


def test_c19_healing_a_provider_heals_its_logins_too():
    with outage(None) as chaos:
        chaos.on("anthropic", surface="login").inject(server_error(status=503))
        assert log_in() == 503
        chaos.on("anthropic").heal()
        assert log_in() == 200


def test_c19_healing_one_surface_leaves_the_others():
    with outage(None) as chaos:
        chaos.on("anthropic", surface="login").inject(server_error(status=503))
        chaos.on("anthropic", surface="api").heal()
        assert log_in() == 503


def test_c19_the_server_heals_everything_too(chaos_server):
    url = f"{chaos_server.url}/__chaos/"
    given = {"provider": "anthropic", "surface": "login", "fault": "server_error", "status": 503}
    assert httpx.post(f"{url}inject", json=given).status_code == 200
    login = f"{chaos_server.base_url('anthropic')}/v1/oauth/token"
    renewal = {"grant_type": "refresh_token", "refresh_token": "r", "client_id": "a"}
    assert httpx.post(login, json=renewal).status_code == 503
    assert httpx.post(f"{url}heal", json={"provider": "anthropic"}).status_code == 200
    assert httpx.post(login, json=renewal).status_code == 200


def test_c16_a_mistake_of_the_app_is_named_before_the_missing_fault():
    def app(question):
        return question + 1

    report = replayed(profile_of(window(overloaded(), ends=20 * MINUTE)), app)
    assert healthy_failures(report.run).sentence.startswith(
        f"all {len(report.run.calls)} calls failed on a healthy provider, the first with "
        'TypeError: can only concatenate str (not "int") to str'
    )
    with pytest.raises(CheckFailed, match="failed on a healthy provider, the first with"):
        report.check()


def test_c16_an_app_that_fails_in_the_outage_only_has_no_mistake_of_its_own():
    report = replayed(profile_of(window(overloaded(), ends=20 * MINUTE)), ask_once)
    assert not healthy_failures(report.run).failed
