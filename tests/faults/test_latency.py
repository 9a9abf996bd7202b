from __future__ import annotations

from chaos_llm.faults import latency
from chaos_llm.faults.fault import FaultContext
from chaos_llm.protocol.keyed_random import KeyedRandom


def test_seconds_come_before_the_headers(whole, stream, fault_context):
    for reply in (whole, stream):
        slow = latency(seconds=10).on_reply(reply, fault_context)
        assert slow.wait == reply.wait + 10
        assert slow.chunks == reply.chunks


def test_times_multiplies_the_healthy_wait(whole, fault_context):
    assert latency(times=3).on_reply(whole, fault_context).wait == 1.5


def test_times_multiplies_the_pauses_inside_a_stream_too(stream, fault_context):
    slow = latency(times=2).on_reply(stream, fault_context)
    assert slow.wait == 0.4
    assert [chunk.delay for chunk in slow.chunks] == [0.0, 0.2, 0.2, 0.2, 0.2, 0.0]
    assert slow.body == stream.body


def test_both_together_multiply_first(whole, fault_context):
    assert latency(seconds=1, times=2).on_reply(whole, fault_context).wait == 2.0


def test_a_range_is_drawn_from_by_the_keyed_random_of_the_fault(whole, fault_context):
    fault = latency(seconds=("1s", 9))
    waits = {
        fault.on_reply(whole, FaultContext(fault_context.request, KeyedRandom("throw", n))).wait
        - 0.5
        for n in range(40)
    }
    assert len(waits) > 30
    assert all(1 <= wait < 9 for wait in waits)
    assert min(waits) < 3
    assert max(waits) > 7


def test_the_same_key_draws_the_same_value_for_a_second_rendering(whole, fault_context):
    fault = latency(seconds=(1, 9))
    assert fault.on_reply(whole, fault_context) == fault.on_reply(whole, fault_context)


def test_a_factor_without_healthy_latency_has_no_effect(stream, fault_context):
    instant = stream.__class__(200, (), stream.chunks[:1], streamed=True)
    assert latency(times=5).on_reply(instant, fault_context) == instant


def test_a_list_from_a_profile_is_a_pair():
    fault = latency(seconds=["500ms", 10])
    assert fault == latency(seconds=(0.5, 10))
    assert hash(fault) == hash(latency(seconds=(0.5, 10)))
    assert repr(fault) == "latency(seconds=(0.5, 10))"
