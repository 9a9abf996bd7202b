"""`first_content_within` limits the time until the first content of a stream."""

from __future__ import annotations

import pytest
from support.apps.bots import ask_once
from support.apps.failover import FallsOver, found, stream_claude

from chaos_llm.checks import first_content_within
from chaos_llm.errors import UsageError
from chaos_llm.faults import cut_stream, hang, latency, overloaded, ping_only, slow_tokens


@pytest.mark.parametrize("fault", [latency(seconds=12), ping_only(15, every=5)], ids=repr)
def test_words_that_come_late_fail(fault):
    finding = found(first_content_within(), stream_claude, fault)
    assert finding.verdict == "fail"
    assert finding.seen.startswith("50 % of the calls that stream saw content in time; ")
    assert finding.at == 0.0


@pytest.mark.parametrize("fault", [latency(seconds=3), slow_tokens(1), cut_stream()], ids=repr)
def test_words_that_come_soon_pass_however_the_stream_goes_on(fault):
    finding = found(first_content_within("4s"), stream_claude, fault)
    assert finding.verdict == "pass"
    assert finding.seen.startswith("100 % ")


def test_the_wait_for_a_silent_provider_before_the_fallback_counts():
    app = FallsOver(streamed=True)
    finding = found(first_content_within("10s"), app, hang())
    assert finding.verdict == "fail"
    assert finding.seen.endswith("the longest wait was 20 s")
    assert found(first_content_within("21s"), app, hang()).verdict == "pass"


def test_a_call_without_any_word_counts_with_all_of_its_time():
    def patient(question):
        return stream_claude(question)

    assert found(first_content_within("10s"), patient, hang()).verdict == "fail"
    assert found(first_content_within("10s"), patient, overloaded()).verdict == "pass"


def test_a_share_of_the_calls_may_be_slow():
    fault = latency(seconds=12)
    assert found(first_content_within(share=0.5), stream_claude, fault).verdict == "pass"
    assert found(first_content_within(share=0.6), stream_claude, fault).verdict == "fail"


def test_it_is_not_applicable_where_nothing_is_streamed():
    finding = found(first_content_within(), ask_once, latency(seconds=12))
    assert finding.verdict == "not applicable"


@pytest.mark.parametrize("share", [1.5, -0.1, True, "all"])
def test_a_share_is_between_0_and_1(share):
    with pytest.raises(UsageError, match="0 to 1"):
        first_content_within(share=share)
