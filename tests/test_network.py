"""Network toxics, as an HTTP client sees them in process and as they are sent to Toxiproxy."""

from __future__ import annotations

import time

import httpx
import pytest
from support.small_profiles import profile_of, window

from chaos_llm import outage
from chaos_llm.errors import UsageError
from chaos_llm.faults import server_error
from chaos_llm.network import (
    TOXICS,
    Bandwidth,
    Down,
    LatencyToxic,
    LimitData,
    Network,
    ResetPeer,
    Slicer,
    SlowClose,
    Timeout,
)
from chaos_llm.profiles.model import HealthyLatency

URL = "https://api.anthropic.com/v1/messages"
HEADERS = {"x-api-key": "k", "anthropic-version": "2023-06-01"}


def body(prompt="hi", *, stream=False):
    message = {"role": "user", "content": prompt}
    return {"model": "m", "max_tokens": 9, "messages": [message], "stream": stream}


def ask(*toxics, prompt="hi", timeout=600.0, **healthy):
    """One answer over a faulty network: its bytes, and the seconds that it took."""
    faulty = profile_of(window(Network(toxics)), baseline={"anthropic": HealthyLatency(**healthy)})
    with outage(faulty, seed=4) as chaos:
        began = time.monotonic()
        answer = httpx.post(URL, headers=HEADERS, json=body(prompt), timeout=timeout)
        return answer, time.monotonic() - began, chaos


def stream(*toxics, timeout=600.0, **healthy):
    """The times at which the pieces of a stream come."""
    faulty = profile_of(window(Network(toxics)), baseline={"anthropic": HealthyLatency(**healthy)})
    with outage(faulty, seed=4):
        began = time.monotonic()
        sent = body(stream=True)
        with httpx.stream("POST", URL, headers=HEADERS, json=sent, timeout=timeout) as answer:
            return [(round(time.monotonic() - began, 6), data) for data in answer.iter_raw()]


def test_latency_holds_back_every_byte_as_long():
    _, took, chaos = ask(LatencyToxic(1.5))

    assert took == pytest.approx(1.5)
    assert chaos.journal[0].applied[0].fault == "network"


def test_latency_shifts_a_stream_and_does_not_stretch_it():
    healthy, faulty = stream(token=0.1), stream(LatencyToxic(2), token=0.1)

    assert [at - 2 for at, _ in faulty] == pytest.approx([at for at, _ in healthy])
    assert [data for _, data in faulty] == [data for _, data in healthy]


def test_jitter_differs_from_piece_to_piece_and_nothing_overtakes():
    healthy, faulty = stream(token=0.1), stream(LatencyToxic(2, jitter=0.04), token=0.1)
    lates = [at - was for (at, _), (was, _) in zip(faulty, healthy, strict=True)]

    assert len({round(late, 3) for late in lates}) > 3
    assert min(lates) >= 1.96 - 1e-6
    assert max(lates) <= 2.04 + 1e-6
    assert [at for at, _ in faulty] == sorted(at for at, _ in faulty)


def test_bandwidth_makes_an_answer_as_long_as_its_bytes():
    answer, took, _ = ask(Bandwidth(0.05), timeout=2)  # 50 bytes a second, in pieces of a second

    assert took == pytest.approx(len(answer.content) / 50, abs=0.1)
    assert took > 4


def test_bandwidth_away_from_the_app_is_of_the_request():
    long = "x" * 5000
    _, took, _ = ask(Bandwidth(1, stream="upstream"), prompt=long)

    assert took == pytest.approx(len(httpx.Request("POST", URL, json=body(long)).content) / 1000)


def test_a_slicer_cuts_into_slices_with_pauses_between():
    came = stream(Slicer(20, size_variation=5, delay=0.01))
    plain = stream()

    assert b"".join(data for _, data in came) == b"".join(data for _, data in plain)
    assert len(came) > len(plain)
    assert max(len(data) for _, data in came) <= 25


def test_limited_data_ends_in_mid_body():
    with pytest.raises(httpx.RemoteProtocolError):
        ask(LimitData(700))


def test_limited_data_that_ends_in_the_headers_is_no_answer_at_all():
    with pytest.raises(httpx.RemoteProtocolError, match="disconnected"):
        ask(LimitData(20))


def test_a_limit_that_is_not_reached_has_no_effect():
    answer, _, chaos = ask(LimitData(1_000_000))

    assert answer.is_success
    assert [met.effect for met in chaos.journal[0].fault_effects] == ["no_effect"]


@pytest.mark.parametrize(
    ("toxic", "error"),
    [
        (Down(), httpx.ConnectError),
        (ResetPeer(), httpx.ReadError),
        (Timeout(3), httpx.RemoteProtocolError),
        (Timeout(), httpx.ReadTimeout),
    ],
    ids=lambda value: getattr(value, "kind", getattr(value, "__name__", "")),
)
def test_a_toxic_that_lets_nothing_through_raises_the_clients_own_error(toxic, error):
    with pytest.raises(error):
        ask(toxic, timeout=10)


def test_a_slow_close_changes_nothing_that_a_client_waits_for():
    answer, took, chaos = ask(SlowClose(30))

    assert (answer.is_success, took) == (True, 0.0)
    assert not chaos.journal[0].applied


def test_toxics_work_together_in_their_order():
    answer, took, _ = ask(LatencyToxic(1), Bandwidth(0.05))

    assert took == pytest.approx(1 + len(answer.content) / 50, abs=0.1)


def test_a_wire_that_is_down_masks_other_faults():
    both = profile_of(window(Network((Down(),)), name="wire"), window(server_error(), name="500"))
    with outage(both, seed=1) as chaos, pytest.raises(httpx.ConnectError):
        httpx.post(URL, headers=HEADERS, json=body())

    assert [met.effect for met in chaos.journal[0].fault_effects] == ["applied", "masked"]


def test_toxics_are_sent_to_toxiproxy_in_its_names_and_units():
    shown = {
        LatencyToxic("1s", jitter="200ms"): {"latency": 1000, "jitter": 200},
        Bandwidth(64): {"rate": 64},
        SlowClose("2s"): {"delay": 2000},
        Timeout("5s"): {"timeout": 5000},
        ResetPeer(): {"timeout": 0},
        Slicer(64, size_variation=32, delay="1ms"): {
            "average_size": 64,
            "size_variation": 32,
            "delay": 1000,
        },
        LimitData(2000): {"bytes": 2000},
        Down(): {},
    }

    assert {toxic: toxic.attributes() for toxic in shown} == shown
    assert [toxic.kind for toxic in shown] == list(dict.fromkeys(t.kind for t in shown))
    assert set(TOXICS) == {toxic.kind for toxic in shown}


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: LatencyToxic("soon"), "not a duration"),
        (lambda: LatencyToxic(1, stream="sideways"), "'downstream' or 'upstream'"),
        (lambda: Bandwidth(0), "rate is over 0"),
        (lambda: Bandwidth("fast"), "rate is a number"),
        (lambda: LimitData(-1), "bytes is over 0"),
        (lambda: Slicer(10, size_variation=10), "less than the average_size"),
    ],
)
def test_a_wrong_toxic_is_refused(make, says):
    with pytest.raises(UsageError, match=says):
        make()
