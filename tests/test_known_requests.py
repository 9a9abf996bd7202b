"""A request of a known form is read, answered and recorded as one that is parsed."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.small_profiles import profile_of, window
from support.wire_requests import BODIES, PROMPT, wire_request

from chaos_llm.answers.prompt_cache import LEAST_SIZE
from chaos_llm.decisions.overrides import Overrides
from chaos_llm.decisions.plan import Plan
from chaos_llm.decisions.provider_control import ProviderControl
from chaos_llm.engine.engine import Engine
from chaos_llm.engine.http1 import at_once
from chaos_llm.engine.kept_replies import KeptReply, KeptStream
from chaos_llm.engine.known_requests import LONGEST, KnownRequests
from chaos_llm.faults import overloaded
from chaos_llm.journal.journal import Journal
from chaos_llm.profiles.model import Target
from chaos_llm.protocol.messages import Reply
from chaos_llm.providers import find, known
from chaos_llm.providers.model_endpoint import ModelEndpoint
from chaos_llm.providers.provider import named_values
from chaos_llm.providers.refusals.models import facts_of
from chaos_llm.providers.refusals.tokens import OVER
from chaos_llm.requests.correlation import Correlation

STREAMING = ("messages", "chat", "responses", "v2_chat", "api_chat", "completions")
MODELS = {"chat": "gpt-4o-mini", "responses": "gpt-4o-mini"}  # models that do not think
ENDPOINTS = [
    provider
    for provider in known()
    if isinstance(provider, ModelEndpoint) and PROMPT in json.dumps(BODIES.get(provider.api, ""))
]
# What vendors refuse in a prompt, and what JSON writes in another way, besides any text.
PROMPTS = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        ["", " ", "a ", "\n", 'a "b"', "a\\", "a\nb", "ä", "😀", "\x00", "x" * LONGEST]
    ),
    st.integers(10_000, 99_999).map("Where is my order KX-{}?".format),
)


def engine(requests=None, profile=None, at=0.0):
    """An engine without a clock, by default one that parses each request."""
    plan = Plan(profile or profile_of(), seed=1)
    requests = requests or KnownRequests(forms=0)
    return Engine(Overrides(plan), Journal(), Correlation(), lambda: at, known_requests=requests)


def asking(provider, prompt, *, thinks=False, **changes):
    """An ordinary request with this prompt; `changes` are fields of its body."""
    body = BODIES[provider.api] | changes
    if provider.api in MODELS and not thinks:
        body = {**body, "model": MODELS[provider.api]}
    text = json.dumps(body, ensure_ascii=False)
    return wire_request(
        provider, body=text.replace(json.dumps(PROMPT), json.dumps(prompt)).encode()
    )


def anthropic(prompt="Why?", headers=(), **changes):
    """A sound request of the Messages API."""
    provider = find("anthropic", "POST", "/v1/messages")
    named = {"x-api-key": "k", "anthropic-version": "2023-06-01", **dict(headers)}
    return provider, replace(asking(provider, prompt, **changes), headers=named)


def known_to(requests, *, profile=None, at=0.0):
    """An engine that has met an ordinary request of the Messages API twice, and answers more."""
    made = engine(requests, profile, at)
    for _ in range(2):
        made.exchange(*anthropic())
    return made


def is_known(made, provider, wire):
    """Whether an engine reads a request without parsing it."""
    now = made.profile.starts.timestamp() + made.now()
    return made.known_requests.find(provider, wire, now, strict=True) is not None


def same(ours, theirs, provider, wire):
    """What both engines make of a request, which must be one and the same."""
    ours, theirs = ours.exchange(provider, wire), theirs.exchange(provider, wire)
    assert ours[1] == theirs[1]
    assert ours[0].line() == theirs[0].line()
    for field in ("body_hash", "content_timing", "conversation_digest", "opening", "kind"):
        assert getattr(ours[0], field) == getattr(theirs[0], field)
    return ours[1]


@pytest.mark.parametrize("provider", ENDPOINTS, ids=lambda each: f"{each.name}-{each.api}")
@settings(max_examples=10, deadline=None)
@given(st.data(), st.lists(PROMPTS, min_size=1, max_size=4))
def test_requests_of_a_known_form_get_the_replies_that_rendering_gives(provider, data, prompts):
    changes = {"thinks": data.draw(st.booleans(), label="thinks")}
    if provider.api in STREAMING and data.draw(st.booleans(), label="stream"):
        changes["stream"] = True
    if provider.api == "messages":
        changes["max_tokens"] = data.draw(st.sampled_from([9, 400]), label="limit")
    ours, theirs = engine(KnownRequests()), engine()
    in_a_list = data.draw(st.booleans(), label="in a list")
    if chosen := data.draw(st.none() | st.text() | PROMPTS, label="answer"):
        for each in (ours, theirs):
            ProviderControl(each.overrides, each.now, provider.name, "", "").answers(
                [chosen] if in_a_list else chosen
            )
    for prompt in (PROMPT, PROMPT, *prompts):
        wire = asking(provider, prompt, **changes)
        if provider.api == "messages":
            wire = replace(wire, headers={**wire.headers, "anthropic-version": "2023-06-01"})
        same(ours, theirs, provider, wire)
        (_, brief), _ = ours.brief_exchange(provider, wire), theirs.exchange(provider, wire)
        if not isinstance(brief, Reply):
            assert brief.on_the_wire() == at_once(brief.in_full())


@pytest.mark.parametrize(
    ("name", "api"),
    [
        ("anthropic", "messages"),
        ("openai", "chat"),
        ("openai", "responses"),
        ("gemini", "generate_content"),
    ],
)
def test_the_busiest_wire_formats_keep_their_replies(name, api):
    provider = next(each for each in ENDPOINTS if (each.name, each.api) == (name, api))
    made = engine(KnownRequests())
    for _ in range(3):
        wire = asking(provider, PROMPT)
        wire = anthropic()[1] if name == "anthropic" else wire
        wire = replace(wire, path=wire.path.replace("2.5", "2.0"))  # a Gemini that does not think
        made.exchange(provider, wire)
    now = made.profile.starts.timestamp()
    reading = made.known_requests.find(provider, wire, now, strict=True)
    assert isinstance(reading.form.reply, KeptReply)


def test_the_streams_of_the_messages_api_are_kept():
    made, asked = engine(KnownRequests()), anthropic(stream=True)
    for _ in range(3):
        made.exchange(*asked)
    reading = made.known_requests.find(*asked, made.profile.starts.timestamp(), strict=True)
    assert isinstance(reading.form.reply, KeptStream)


def test_a_form_is_known_from_the_third_request_on():
    made = engine(KnownRequests())
    provider, wire = anthropic()
    known = []
    for _ in range(4):
        known.append(is_known(made, provider, wire))
        made.exchange(provider, wire)
    assert known == [False, False, True, True]


@pytest.mark.parametrize(
    "headers",
    [{"anthropic-version": None}, {"x-api-key": "other"}, {"x-api-key": ""}],
    ids=["no version", "another key", "no key"],
)
def test_a_header_that_reading_depends_on_is_part_of_the_form(headers):
    made = known_to(KnownRequests())
    provider, wire = anthropic(headers=headers)
    sent = {name: value for name, value in wire.headers.items() if value is not None}
    wire = replace(wire, headers=sent)
    assert not is_known(made, provider, wire)
    same(made, known_to(None), provider, wire)


@pytest.mark.parametrize(
    "changes",
    [
        {"max_tokens": 0},
        {"messages": [{"role": "tool", "content": PROMPT}]},
        {"messages": [{"role": "user", "content": PROMPT}] * 2},
        {"stop_sequences": ["Reference"]},
        {"tools": [{"name": "t", "input_schema": {"type": "object"}}]},
    ],
    ids=str,
)
def test_another_field_is_another_form(changes):
    made = known_to(KnownRequests())
    provider, wire = anthropic(**changes)
    assert not is_known(made, provider, wire)
    others = known_to(None)
    for prompt in ("Why?", "Why?", "Why not?", "And now?"):
        same(made, others, *anthropic(prompt, **changes))


def test_the_day_is_part_of_the_form_because_models_are_retired():
    requests, retired = KnownRequests(), anthropic(model="claude-3-haiku-20240307")  # 20 April 2026
    march, may = engine(requests), engine(requests, at=60 * 86_400.0)
    replies = [march.exchange(*retired)[1].status for _ in range(4)]
    assert (replies, may.exchange(*retired)[1].status) == ([200] * 4, 404)
    assert march.exchange(*retired)[1].status == 200


def test_what_a_prompt_alone_can_break_is_refused_in_a_known_form():
    made = known_to(KnownRequests())
    for prompt in ("", " ", "\n", "\t \n"):
        provider, wire = anthropic(prompt)
        assert not is_known(made, provider, wire)
    assert made.exchange(*anthropic(""))[1].status == 400


def test_no_body_of_a_known_form_is_long_enough_for_a_prompt_cache():
    assert LONGEST < LEAST_SIZE


def test_the_smallest_window_of_a_model_is_longer_than_a_body_of_a_known_form():
    smallest = facts_of("openai", "gpt-3.5-turbo-instruct").window
    assert smallest * OVER > LONGEST


def test_faults_hit_requests_of_a_known_form():
    made = known_to(KnownRequests(), profile=profile_of(window(overloaded())))
    provider, wire = anthropic()
    for _ in range(3):
        exchange, reply = made.exchange(provider, wire)
    assert (reply.status, exchange.applied[0].fault) == (529, "overloaded")


def test_a_window_for_large_requests_looks_at_the_size_of_each_request_of_a_form():
    large = window(overloaded(), on=(Target("anthropic", larger_than=1000),))
    made = known_to(KnownRequests(), profile=profile_of(large))
    asked = [anthropic(prompt) for prompt in ("Why?", "Why? " * 300, "Why?", "Why? " * 300)]
    assert all(is_known(made, *each) for each in asked)
    assert [made.exchange(*each)[1].status for each in asked] == [200, 529, 200, 529]


def test_a_window_for_one_model_spares_the_forms_of_others():
    first = window(overloaded(), on=(Target("anthropic", model="claude-opus-*"),))
    made = known_to(KnownRequests(), profile=profile_of(first))
    asked = [anthropic(model=model) for model in ("claude-opus-4-6", "claude-sonnet-4-6") * 4]
    assert [made.exchange(*each)[1].status for each in asked] == [529, 200] * 4
    assert all(is_known(made, *each) for each in asked)


def test_a_body_of_the_length_of_the_last_one_is_read_anew():
    made, others = known_to(KnownRequests()), engine()
    for _ in range(2):
        others.exchange(*anthropic())
    for prompt in ("Why?", "How?", "How?", "Why?", 'W"?', "Why?"):
        same(made, others, *anthropic(prompt))


def test_a_provider_is_healed_and_fails_again_for_requests_of_a_known_form():
    made = known_to(KnownRequests())
    control = ProviderControl(made.overrides, made.now, "anthropic", "", "")
    statuses = []
    for change in (lambda: control.inject(overloaded()), control.heal) * 2:
        change()
        statuses.append(made.exchange(*anthropic())[1].status)
    assert statuses == [529, 200] * 2


@pytest.mark.parametrize("name", ["anthropic", "openai"])
def test_the_lines_of_a_quota_follow_it(name):
    moments = [0.0, 0.0, 0.0, 0.5, 0.5, 7.0, 7.0, 7.0]
    provider = next(each for each in ENDPOINTS if each.name == name)
    wire = anthropic()[1] if name == "anthropic" else asking(provider, PROMPT)
    made = engine(KnownRequests())
    for moment in moments:
        made.now = lambda moment=moment: moment
        _, brief = made.brief_exchange(provider, wire)
        if not isinstance(brief, Reply):
            assert brief.on_the_wire() == at_once(brief.in_full())
            assert brief.on_the_wire() == brief.on_the_wire()
    assert not isinstance(brief, Reply)


def test_a_provider_whose_forms_never_repeat_is_soon_parsed_only():
    made = engine(KnownRequests())
    for number in range(300):
        headers = {"x-api-key": f"k{number}"}
        for _ in range(2):
            made.exchange(*anthropic(headers=headers))
    assert not is_known(made, *anthropic(headers=headers))
    assert not made.known_requests.has_credit


def test_the_reply_in_full_is_a_reply():
    made = known_to(KnownRequests())
    made.exchange(*anthropic())
    _, brief = made.brief_exchange(*anthropic())
    assert not isinstance(brief, Reply)
    assert isinstance(brief.in_full(), Reply)
    assert json.loads(brief.body)["type"] == "message"


@pytest.mark.parametrize("stream", [False, True])
def test_headers_that_are_added_to_a_kept_reply_replace_those_of_their_names(stream, monkeypatch):
    provider, wire = anthropic(stream=stream)
    made, more = engine(KnownRequests()), ()
    monkeypatch.setattr(type(provider), "quota", lambda _self, _state: named_values(more))
    own = [made.exchange(provider, wire)[1].headers for _ in range(3)][-1]
    for more in ((("a", "1"),), (own[0], ("b", "2")), (("b", "3"), ("a", "4")), ()):
        _, brief = made.brief_exchange(provider, wire)
        assert not isinstance(brief, Reply)
        reply = brief.in_full()
        others = [name for name, _ in own if name not in dict(more)]
        assert [name for name, _ in reply.headers] == [*others, *dict(more)]
        assert dict(reply.headers).items() >= dict(more).items()
        assert brief.on_the_wire() == at_once(reply)


def test_a_known_form_reads_headers_that_are_new():
    made = known_to(KnownRequests())
    keys = ["k", "k", "another-key-1234", "k", "another-key-1234"]
    exchanges = [made.exchange(*anthropic(headers={"x-api-key": key}))[0] for key in keys]
    credentials = [exchange.credential for exchange in exchanges]
    assert [credentials.index(each) for each in credentials] == [0, 0, 2, 0, 2]
    assert made.journal.secrets.masked("another-key-1234") != "another-key-1234"
