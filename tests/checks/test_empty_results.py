"""Empty results in place of answers: those that look healthy fail, those that say so pass."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass, field

import anthropic
import httpx
import pytest
from support.apps.bots import MODEL, ask_once, claude
from support.judging import Judge
from support.small_profiles import BAD_TIME, bad_time

from chaos_llm.checks import answers_are_whole
from chaos_llm.faults import empty_answer, overloaded, truncated_answer

found = Judge(answers_are_whole(), BAD_TIME, {"every": "1m", "warmup": "10m", "recovery": "10m"})

TICKET = {
    "type": "object",
    "properties": {"reply": {"type": "string"}, "urgency": {"type": "integer"}},
    "required": ["reply", "urgency"],
    "additionalProperties": False,
}


@dataclass
class Page:
    items: list = field(default_factory=list)
    total: int = 0
    ok: bool = True


def shaped(shape, instead):
    """An app that gives its answers this shape, and something else for a failure."""

    def app(question):
        try:
            return shape(ask_once(question), question)
        except (anthropic.APIError, IndexError):  # an empty answer has no block of text
            return instead(question) if callable(instead) else instead

    return app


def envelope(text, _):
    return {"status": "ok", "data": [text]}


def with_question(text, question):
    return {"q": question, "id": str(uuid.uuid4()), "took": time.monotonic(), "hits": [text]}


LOOK_HEALTHY = {
    "envelope": shaped(envelope, {"status": "ok", "data": []}),
    "truth value": shaped(lambda t, _: {"ok": True, "hits": [t]}, {"ok": True, "hits": []}),
    "count": shaped(lambda t, _: {"n": 1, "hits": [t]}, {"n": 0, "hits": []}),
    "words": shaped(lambda t, _: {"code": 200, "w": t.split()[:3]}, {"code": 200, "w": []}),
    "object": shaped(lambda t, _: Page([t], total=1), lambda _: Page()),
    "text": shaped(lambda t, _: json.dumps(envelope(t, _)), '{"status": "ok", "data": []}'),
    "echo, id, time": shaped(
        with_question,
        lambda q: {"q": q, "id": str(uuid.uuid4()), "took": time.monotonic(), "hits": []},
    ),
    "nested": shaped(
        lambda t, _: {"error": None, "page": {"next": "", "hits": [{"text": t}]}},
        {"error": None, "page": {"next": "", "hits": []}},
    ),
}

SAY_SO = {
    "status": {"status": "degraded", "data": []},
    "note": {"status": "ok", "data": [], "note": "ask again later"},
    "none": {"status": "ok", "data": None},
    "without the field": {"status": "ok"},
    "error beside it": {"status": "ok", "data": [], "errors": ["overloaded"]},
    "flag": {"status": "ok", "data": [], "partial": True},
    "wait": {"status": "ok", "data": [], "retry_in": 30},
}


@pytest.mark.parametrize("app", LOOK_HEALTHY.values(), ids=LOOK_HEALTHY)
def test_an_empty_result_that_looks_like_a_healthy_one_fails(app):
    finding = found(app, bad_time(overloaded()))
    assert finding.verdict == "fail"
    assert finding.seen.startswith("20 calls returned an empty result after a request that failed")


@pytest.mark.parametrize("app", LOOK_HEALTHY.values(), ids=LOOK_HEALTHY)
def test_an_empty_result_for_an_empty_answer_fails(app):
    finding = found(app, bad_time(empty_answer()))
    assert finding.verdict == "fail"
    assert finding.seen.startswith("20 calls returned the provider's empty answer, as a result")


@pytest.mark.parametrize("instead", SAY_SO.values(), ids=SAY_SO)
@pytest.mark.parametrize("fault", [overloaded(), empty_answer()], ids=repr)
def test_an_empty_result_that_says_what_no_healthy_one_says_does_not_fail(instead, fault):
    finding = found(shaped(envelope, instead), bad_time(fault))
    is_none_for_empty = instead.get("data", "") is None and fault == empty_answer()
    assert finding.verdict == ("not judged" if is_none_for_empty else "pass")


def test_a_truth_value_or_a_score_that_differs_says_so():
    flag = shaped(lambda t, _: {"ok": True, "hits": [t]}, {"ok": False, "hits": []})
    score = shaped(lambda t, _: {"score": 0.5 + len(t) / 1e4, "t": t}, {"score": 0.0, "t": ""})
    assert found(flag).verdict == found(score).verdict == "pass"


def test_the_excerpt_shows_what_is_empty():
    assert "{'status': 'ok', 'data': []}" in found(LOOK_HEALTHY["envelope"]).seen


@pytest.mark.parametrize("late", [False, True])
def test_an_empty_result_that_answered_calls_have_too_is_not_judged(late):
    """A search finds nothing for some questions, also where the provider has answered."""
    calls = iter(range(1000))

    def search(text, _):
        number = next(calls)
        has_none = number > 12 if late else number % 3 == 0
        return {"status": "ok", "data": [] if has_none else [text]}

    finding = found(shaped(search, {"status": "ok", "data": []}))
    assert finding.verdict == "not judged"


def ticket(instead, shape=lambda fields: fields):
    """An app that asks for JSON, and has something else for what it cannot read."""

    def app(question):
        reply = httpx.post(
            "https://api.anthropic.com/v1/messages",
            headers={"x-api-key": "k", "anthropic-version": "2023-06-01"},
            json={
                "model": MODEL,
                "max_tokens": 300,
                "messages": [{"role": "user", "content": question}],
                "output_config": {"format": {"type": "json_schema", "schema": TICKET}},
            },
        )
        reply.raise_for_status()
        try:
            return shape(json.loads(reply.json()["content"][0]["text"]))
        except ValueError:
            return instead() if callable(instead) else instead

    return app


def refuse():
    raise ConnectionError("no JSON")


ok = {"status": "ok", "ticket": {}}


@pytest.mark.parametrize("admits", [False, True])
@pytest.mark.parametrize(
    "app",
    [ticket({}), ticket([]), ticket(ok, lambda fields: {"status": "ok", "ticket": fields})],
    ids=["object", "list", "envelope"],
)
def test_an_empty_result_for_json_that_was_cut_off_fails(app, admits):
    finding = found(app, bad_time(truncated_answer(admits=admits)))
    assert finding.verdict == "fail"
    why = "after a request that failed" if admits else "for JSON that had been cut off"
    assert f"20 calls returned an empty result {why}" in finding.seen


@pytest.mark.parametrize("admits", [False, True])
@pytest.mark.parametrize(
    "app",
    [
        ticket(None),
        ticket(refuse),
        ticket({"status": "unreadable"}),
        ticket(ok | {"status": "bad"}, lambda fields: {"status": "ok", "ticket": fields}),
    ],
    ids=["none", "exception", "said", "envelope"],
)
def test_another_result_for_json_that_was_cut_off_does_not_fail(app, admits):
    assert found(app, bad_time(truncated_answer(admits=admits))).verdict != "fail"


def test_a_whole_reply_object_that_is_empty_fails():
    """As an app returns it that hands the SDK's own object on."""

    def raw(question):
        return claude(max_retries=0).messages.create(
            model=MODEL, max_tokens=300, messages=[{"role": "user", "content": question}]
        )

    assert found(raw, bad_time(empty_answer())).verdict == "fail"
