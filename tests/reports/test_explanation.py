"""`chaos-llm explain`: why a call met what it met, from a written journal."""

from __future__ import annotations

import re

import pytest
from support.apps.bots import ask, ask_once
from support.apps.defended import Defended
from support.commands import run_command
from support.small_profiles import HOUR, MINUTE, profile_of, window

from chaos_llm import outage
from chaos_llm.faults import (
    broken_tool_arguments,
    cut_stream,
    overloaded,
    rate_limited,
    shortened_answer,
)
from chaos_llm.reports.journals.file import written


def explain(*arguments, text=None):
    """The command's answer as one line, so that no test depends on where lines end."""
    done = run_command("explain", *map(str, arguments), input=text)
    return done.returncode, re.sub(r"\s+", " ", done.stdout + done.stderr)


@pytest.fixture
def journal(tmp_path):
    """Replay an app and write the journal to a file."""

    def play(app=ask_once, profile=None, *, before=None, **options):
        with outage(profile, seed=7) as chaos:
            if before is not None:
                before(chaos)
            chaos.replay(app, **{"calls": 20, **options})
        path = tmp_path / "a.jsonl"
        path.write_text(written(chaos.journal, chaos.plan), encoding="utf-8")
        return path

    return play


def test_a_request_that_was_hit_is_explained_with_window_share_and_draw(journal):
    storm = profile_of(
        window(share=0.75, ends=HOUR, name="the storm", sticky_by="client", sticky_for=300.0)
    )
    path = journal(profile=storm)
    hit = next(n for n in range(20) if "overloaded was applied" in explain(path, n)[1])
    _, told = explain(path, hit)
    assert f"call {hit} of user 0 on a-bad-day, seed 7: one request" in told
    assert "anthropic (claude-sonnet-5-5): 529, complete after 0 s." in told
    assert "Window 'the storm' hit 75 % of such requests then; the random number was" in told
    assert "below it, so overloaded() was planned." in told
    assert "drawn from seed 7 and this window, and is shared by all requests, drawn again" in told
    assert "every 5 min" in told
    assert "The message of the reply was 'Overloaded'." in told


def test_a_request_that_was_not_hit_is_explained_too(journal):
    path = journal(profile=profile_of(window(share=0.001, ends=HOUR, name="a drizzle")))
    _, told = explain(path, 9)
    assert "Window 'a drizzle' hit 0.1 % of such requests then" in told
    assert "so the request was not hit" in told
    assert "is of this request alone: user 0, call 9, request 1 to anthropic" in told


@pytest.mark.parametrize(
    ("sticky_by", "says"),
    [
        ("session", "shared by all requests of user 0"),
        ("credential", "shared by all requests with credential "),
    ],
)
def test_it_explains_which_requests_share_a_draw(journal, sticky_by, says):
    path = journal(profile=profile_of(window(ends=HOUR, sticky_by=sticky_by)))
    assert says in explain(path, 10)[1]


def test_outside_of_every_window_a_request_is_healthy(journal):
    assert "No window was open for this request, so it was healthy." in explain(journal(), 3)[1]


def test_a_retry_is_explained_with_its_pause_and_the_requested_wait(journal):
    def limit(chaos):
        chaos.on("anthropic").inject(rate_limited(retry_after=7), times=1)

    _, told = explain(journal(ask, before=limit), 0)
    assert "The test itself injected rate_limited(retry_after=7)." in told
    assert "It is a retry, 7 s after #0 had ended; the retry-after of #0 was 7 s." in told


def test_a_fallback_is_explained_as_another_provider(journal):
    path = journal(Defended(), profile=profile_of(window(ends=HOUR)), every=None)
    fell_back = next(n for n in range(20) if "openai" in explain(path, n)[1])
    assert "It went to another provider, 0 s after" in explain(path, fell_back)[1]


def test_the_effect_of_each_fault_is_explained(journal):
    faults = (cut_stream(), broken_tool_arguments(), overloaded(), overloaded())
    names = ("torn", "slow", "busy", "busier")
    windows = [window(f, name=n, ends=HOUR) for f, n in zip(faults, names, strict=True)]
    _, told = explain(journal(profile=profile_of(*windows)), 10)
    assert "The fault cut_stream cannot be expressed in this format" in told
    assert "The fault broken_tool_arguments was planned and changed nothing." in told
    assert "The fault overloaded was applied: it changed the reply." in told
    assert "The fault overloaded was masked by the fault before it" in told


def test_a_silently_corrupted_answer_is_explained_as_invisible_to_apps(journal):
    _, told = explain(journal(profile=profile_of(window(shortened_answer(), ends=HOUR))), 10)
    assert "no app can detect by itself" in told


def test_all_calls_are_summed_up(journal):
    path = journal(ask, profile=profile_of(window(ends=20 * MINUTE, name="the storm")))
    status, told = explain(path)
    assert status == 0
    records = path.read_text().splitlines()[1:]
    assert told.startswith(f"{len(records)} requests on a-bad-day, seed 7, 02 Mar ")
    assert re.search(r"anthropic: \d+ requests, \d+ answered; statuses 200, 529", told)
    assert re.search(
        r"'the storm': open for (\d+) requests, \1 of them were hit \(\1 applied\)", told
    )
    assert "most requests: call" in told
    assert "add the number of a call" in told


def test_a_bare_journal_is_explained_as_far_as_it_goes():
    with outage() as chaos:
        chaos.on("anthropic").inject(overloaded(), times=1)
        ask("hi")
    status, told = explain("-", "-1", text=chaos.journal.to_jsonl())
    assert status == 0
    assert "call -1 of user -1: 2 requests" in told
    assert "#0 0 s anthropic" in told
    assert "The test itself injected overloaded()." in told


def test_the_journal_file_holds_neither_prompt_nor_key(monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-a-very-secret-key")
    with outage() as chaos:
        answer = ask("a very private matter")
    text = written(chaos.journal, chaos.plan)
    for secret in ("private", "sk-ant", answer):
        assert secret not in text


@pytest.mark.parametrize(
    ("text", "arguments", "says"),
    [
        ("", ["5"], "call 5 made no request"),
        ("no json", [], "is no journal"),
        ('{"a": 1}', [], "a line is not the record of a request"),
        ("[1]", [], "a line is not the record of a request"),
    ],
    ids=["unknown call", "no JSON", "other JSON", "no object"],
)
def test_a_file_that_cannot_be_explained_ends_with_the_reason_and_2(
    tmp_path, text, arguments, says
):
    path = tmp_path / "a.jsonl"
    path.write_text(text)
    status, told = explain(path, *arguments)
    assert status == 2
    assert told.startswith("chaos-llm: ")
    assert says in told


def test_an_unknown_call_is_answered_with_the_known_ones(journal):
    status, told = explain(journal(), 99)
    assert status == 2
    assert "call 99 made no request" in told
    assert "have numbers from 0 to 19" in told


def test_a_missing_file_is_reported(tmp_path):
    status, told = explain(tmp_path / "nowhere.jsonl")
    assert status == 2
    assert "cannot be read" in told


def test_an_empty_journal_is_no_error(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text("")
    assert explain(path) == (0, "0 requests ")
