"""`answers_are_whole` fails an app that presents a cut answer as complete."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from support.apps.bots import MODEL, SECOND_MODEL, ask_once, claude
from support.apps.defended import APOLOGY, Cached, Defended, ask_gpt, gpt, or_else
from support.judging import Judge
from support.small_profiles import BAD_TIME, MINUTE, bad_time, profile_of, window

from chaos_llm import outage
from chaos_llm.checks import answers_are_whole
from chaos_llm.faults import (
    cut_stream,
    empty_answer,
    error_mid_stream,
    hang,
    html_in_200,
    latency,
    overloaded,
    stall_mid_stream,
    truncated_answer,
)
from chaos_llm.profiles.model import Target

STREAM_FAULTS = [
    cut_stream(),
    cut_stream(by="reset"),
    error_mid_stream(),
    stall_mid_stream(),
]


GPT = Target("openai")
found = Judge(answers_are_whole(), BAD_TIME, {"every": "1m", "warmup": "10m", "recovery": "10m"})


def stream(question, otherwise=None):
    """What was shown of a stream; `otherwise` replaces what broke off."""
    shown = []
    try:
        with claude(max_retries=0, timeout=20).messages.stream(
            model=MODEL, max_tokens=300, messages=[{"role": "user", "content": question}]
        ) as stream:
            shown.extend(stream.text_stream)
    except Exception:
        if otherwise is not None:
            return otherwise
    return "".join(shown)


def piecewise(question):
    with claude(max_retries=0, timeout=20).messages.stream(
        model=MODEL, max_tokens=300, messages=[{"role": "user", "content": question}]
    ) as pieces:
        yield from pieces.text_stream


def careless(question):
    try:
        yield from piecewise(question)
    except Exception:
        return


def resumed(question):
    try:
        yield from piecewise(question)
    except Exception:
        yield ask_gpt(question)


@pytest.mark.parametrize("fault", STREAM_FAULTS, ids=repr)
def test_half_an_answer_that_is_shown_as_one_fails(fault):
    finding = found(careless, bad_time(fault))
    assert finding.verdict == "fail"
    assert "returned an answer that had been cut off, first call 10 (" in finding.seen
    assert finding.at == 0.0


@pytest.mark.parametrize("fault", STREAM_FAULTS, ids=repr)
def test_c5_half_an_answer_in_front_of_another_vendors_fails(fault):
    finding = found(resumed, bad_time(fault))
    assert finding.verdict == "fail"
    assert "returned pieces of an answer that had been cut off" in finding.seen


@pytest.mark.parametrize("fault", STREAM_FAULTS, ids=repr)
@pytest.mark.parametrize("app", [piecewise, lambda q: stream(q, APOLOGY)])
def test_an_exception_a_fallback_and_an_apology_pass(app, fault):
    finding = found(app, bad_time(fault))
    assert finding.verdict == "pass"
    assert finding.seen == "no call returned an incomplete answer or an error message"


def test_an_errors_text_as_an_answer_fails():
    def shows_it(question):
        try:
            return ask_once(question)
        except Exception as error:
            return f"Hm: {error}"

    finding = found(shows_it)
    assert finding.verdict == "fail"
    assert finding.seen.startswith("20 calls returned an error message as an answer, first ")
    assert "Hm: Error code: 529" in finding.seen


def test_both_failures_at_once_are_reported():
    def app(question):
        try:
            return "".join(careless(question)) if len(question) % 2 else ask_once(question)
        except Exception as error:
            return str(error)

    both = profile_of(
        window(cut_stream(), ends=20 * MINUTE, name="torn"), window(ends=20 * MINUTE, name="busy")
    )
    finding = found(app, both, prompts=["even", "odd"])
    assert "an answer that had been cut off" in finding.seen
    assert "an error message as an answer" in finding.seen


@pytest.mark.parametrize("fault", [latency(seconds=3), truncated_answer()], ids=repr)
def test_it_is_not_applicable_where_every_answer_arrived_whole(fault):
    finding = found(ask_once, bad_time(fault))
    assert finding.verdict == "not applicable"
    assert finding.seen == "every answer arrived complete"


def test_silent_corruption_is_exposure_and_no_failure():
    both = profile_of(
        window(truncated_answer(), ends=10 * MINUTE, name="silently_corrupted"),
        window(begins=10 * MINUTE, ends=20 * MINUTE, name="busy"),
    )
    finding = found(Defended(), both)
    assert finding.verdict == "pass"
    assert finding.seen.endswith("; 10 calls returned a silently corrupted one")


def test_an_answer_that_admits_to_be_cut_is_not_to_be_shown_as_whole():
    assert found(ask_once, bad_time(truncated_answer(admits=True))).verdict == "fail"


def test_answers_that_are_not_returned_cannot_be_judged():
    finding = found(lambda question: "positive" if ask_once(question, timeout=5) else "")
    assert finding.verdict == "not judged"
    assert "see outcome=" in finding.seen


def gpt_streamed(question):
    chunks = gpt().chat.completions.create(
        model=SECOND_MODEL, messages=[{"role": "user", "content": question}], stream=True
    )
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


@pytest.mark.parametrize("app", [ask_gpt, gpt_streamed])
def test_an_empty_answer_that_is_shown_as_one_fails(app):
    finding = found(app, profile_of(window(empty_answer(), ends=20 * MINUTE, on=Target("openai"))))
    assert finding.verdict == "fail"
    assert "20 calls returned the provider's empty answer" in finding.seen


@pytest.mark.parametrize("instead", ["", " "])
def test_c16_an_error_that_is_swallowed_as_an_empty_text_fails(instead):
    finding = found(or_else(ask_once, instead), bad_time(overloaded()))
    assert finding.verdict == "fail"
    assert "returned an empty text after a request that failed" in finding.seen


@dataclass
class Results:
    found: list = field(default_factory=list)
    note: str = ""


@pytest.mark.parametrize(
    ("shape", "instead"),
    [
        (lambda text: [text], []),
        (lambda text: {"text": text}, {}),
        (lambda text: {"hits": [text]}, {"hits": []}),
        (lambda text: Results([text]), Results()),
    ],
    ids=["list", "object", "nested", "dataclass"],
)
def test_c16_an_error_that_is_swallowed_as_no_results_fails(shape, instead):
    finding = found(or_else(lambda question: shape(ask_once(question)), instead))
    assert finding.verdict == "fail"
    assert finding.seen.startswith(
        "20 calls returned an empty result after a request that failed, as if there were nothing "
        "to find, first call 10 ("
    )


@pytest.mark.parametrize("instead", [[], ""], ids=["list", "text"])
def test_c16_an_error_that_is_swallowed_as_no_labels_fails(instead):
    """The labels are no words of the answer, but every healthy call has some."""
    label = or_else(lambda question: ["bill"] if ask_once(question) else ["other"], instead)
    assert found(label).verdict == "fail"


@pytest.mark.parametrize(
    "instead", [{"hits": [], "failed": True}, {"hits": None}, {"hits": [], "retry_in": 30}]
)
def test_an_empty_result_that_says_that_it_is_none_passes(instead):
    app = or_else(lambda question: {"hits": [ask_once(question)]}, instead)
    assert found(app).verdict == "pass"


@pytest.mark.parametrize("result", [[], {}, None], ids=repr)
def test_c16_the_same_empty_result_for_every_call_is_not_judged(result):
    finding = found(or_else(lambda question: result if ask_once(question) else 1, result))
    assert finding.verdict == "not judged"
    assert finding.seen == (
        f"every healthy call returned {str(result)!r} or the like, although its answer had "
        "arrived, so a call that failed looks the same; see outcome="
    )


@pytest.mark.parametrize("instead", [None, "Please ask once more later."])
def test_none_or_a_sentence_for_an_error_passes(instead):
    assert found(or_else(ask_once, instead), bad_time(overloaded())).verdict == "pass"


def test_the_answer_to_another_prompt_fails():
    kept = []

    def from_any_earlier_call(question):
        try:
            kept.append(ask_once(question))
        except Exception:
            return kept[0]
        return kept[-1]

    finding = found(from_any_earlier_call, bad_time(overloaded()))
    assert finding.verdict == "fail"
    assert "calls returned the answer to another prompt, first call 1" in finding.seen


def test_a_none_for_an_empty_answer_is_not_judged():
    """LiteLLM, for one, makes None of an empty text; a careful app says None on purpose."""

    def careful(question):
        return ask_gpt(question) or None

    finding = found(careful, profile_of(window(empty_answer(), ends=20 * MINUTE, on=GPT)))
    assert finding.verdict == "not judged"
    assert finding.seen.startswith(
        "20 calls returned None for the provider's empty answer, first call 10; from outside"
    )


def test_an_exception_for_an_empty_answer_passes():
    def strict(question):
        return ask_gpt(question)[0] and ask_gpt(question)

    bad = profile_of(window(empty_answer(), ends=20 * MINUTE, on=Target("openai")))
    assert found(strict, bad).verdict == "pass"


def test_a_label_for_an_empty_answer_is_the_apps_own():
    def label(question):
        return "positive" if ask_gpt(question) else "negative"

    bad = profile_of(window(empty_answer(), ends=20 * MINUTE, on=Target("openai")))
    with outage(bad, seed=3) as chaos:
        report = chaos.replay(label, every="1m", warmup="10m", recovery="10m")
    assert {c.outcome for c in report.run.calls if 0 <= c.began < 20 * MINUTE} == {"degraded"}


def test_a_stream_that_just_stops_and_is_shown_as_whole_fails():
    bad = profile_of(window(cut_stream(by="end"), ends=20 * MINUTE, on=Target("openai")))
    finding = found(gpt_streamed, bad)
    assert finding.verdict == "fail"
    assert "20 calls returned an answer that had been cut off" in finding.seen


def test_a_page_that_the_sdk_returns_as_a_string_fails_where_it_is_shown():
    def whatever_comes(question):
        message = claude(max_retries=0).messages.create(
            model=MODEL, max_tokens=300, messages=[{"role": "user", "content": question}]
        )
        return message if isinstance(message, str) else message.content[0].text

    finding = found(whatever_comes, bad_time(html_in_200()))
    assert finding.verdict == "fail"
    assert "20 calls returned an error message as an answer" in finding.seen
    assert found(ask_once, bad_time(html_in_200())).verdict == "pass"


def test_an_error_text_fails_even_where_answers_cannot_be_judged():
    def label(question):
        try:
            return "positive" if ask_once(question) else "negative"
        except Exception as error:
            return str(error)

    assert found(label).verdict == "fail"


def test_an_app_that_stops_reading_has_not_been_cut_off():
    def first_words(question):
        for piece in piecewise(question):
            yield piece
            if len(piece) > 7:
                return

    finding = found(first_words, bad_time(hang()))
    assert finding.verdict in ("pass", "not judged")


def test_a_torn_answer_from_a_cache_was_torn_when_it_was_kept():
    app = Cached(lambda question: "".join(careless(question)))

    def one_again_and_again(number):
        return "one question" if number >= 10 else f"new question {number}"

    finding = found(app, bad_time(cut_stream()), prompts=one_again_and_again)
    assert finding.verdict == "fail"
    assert finding.seen.startswith("one call returned an answer that had been cut off")


def in_words(question):
    return stream(question).split()


def in_capitals(question):
    return {"html": f"<p>{stream(question).upper()}</p>"}


def in_lines(question):
    return "\n".join(f"> {stream(question)}".split(" "))


@pytest.mark.parametrize("app", [in_words, in_capitals, in_lines])
def test_c6_half_an_answer_in_another_form_fails_too(app):
    finding = found(app, bad_time(cut_stream()))
    assert "returned an answer that had been cut off, first call 10 (" in finding.seen


def test_c6_an_apology_in_capitals_that_names_the_order_passes():
    def polite(question):
        shown = stream(question, otherwise="")
        return (shown or f"Your order {question}: please ask once more later").upper()

    assert found(polite, bad_time(cut_stream())).verdict == "pass"
