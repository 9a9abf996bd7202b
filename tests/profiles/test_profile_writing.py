"""A profile that was written reads back as the same profile."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaos_llm import profiles
from chaos_llm.errors import UsageError
from chaos_llm.faults import cut_stream, latency, overloaded, rate_limited, raw, stall_mid_stream
from chaos_llm.network import Down, LatencyToxic, Network, Slicer, Timeout
from chaos_llm.profiles import toml_values
from chaos_llm.profiles.capacity import Capacity
from chaos_llm.profiles.model import Flap, Profile, Share, Source, Target, WeightedFault, Window
from chaos_llm.profiles.time_values import offset


def profile(*windows: Window, ends: float = 7200.0) -> Profile:
    starts = datetime(2026, 1, 1, tzinfo=UTC)
    return Profile("found", 'says "no"\n\tand \\ more', starts, ends, windows)


def window(name: str = "w", begins: float = 0.0, ends: float = 60.0, **changes: object) -> Window:
    facts = {
        "on": (Target("anthropic"),),
        "share": Share.constant(1.0),
        "faults": (WeightedFault(1.0, overloaded()),),
    }
    return Window(name, (begins, begins), (ends, ends), **(facts | changes))


def back(written: Profile) -> Profile:
    return profiles.loads(profiles.to_toml(written), name=written.name)


@pytest.mark.parametrize("name", profiles.names())
def test_a_shipped_profile_reads_back_as_it_was(name, tmp_path):
    original = profiles.load(name)
    path = tmp_path / f"{name}.toml"
    path.write_text(profiles.to_toml(original))

    assert profiles.load(path) == original


@pytest.mark.parametrize(
    "changes",
    [
        {"share": Share(((0.0, 0.2),), until=0.4)},
        {"share": Share(((0.0, 0.2),), bound=True)},
        {"share": Share(((0.0, 0.2), (30.5, 0.4), (30.5, 0.9)))},
        {"share": Share(((30.0, 0.2),))},
        {"on": (Target("openai", "login", stream=False, larger_than=5), Target("*", region="eu"))},
        {"sticky_by": "session", "sticky_for": 0.1 + 0.2},
        {
            "evidence": {
                "from": "a",
                "until": "a",
                "on": "a",
                "share": ("a", "assumed"),
                "faults": "a",
            }
        },
        {"note": "line\nbreak"},
        {"except_": (Target("anthropic", path="/v1/models"),), "flap": Flap(300.0, 0.5)},
        {"capacity": Capacity(times=1.5, collapses_at=3.0)},
        {"capacity": Capacity(requests=60.0, per=10.0)},
        {"on": (Target("openai", tier="free"),)},
        {
            "faults": (
                WeightedFault(1.0, Network((LatencyToxic("1s", jitter=0.5), Slicer(9, delay=0.1)))),
            )
        },
        {"faults": (WeightedFault(1.0, Network((Down(stream="upstream"), Timeout()))),)},
        {
            "faults": (
                WeightedFault(0.3, rate_limited(retry_after=None)),
                WeightedFault(2, latency(times=2)),
            )
        },
        {"faults": (WeightedFault(1.0, raw(401, {"a": "b"}, json={"x y": [1, True, "é\x7f"]})),)},
        {"faults": (WeightedFault(1.0, cut_stream(after=0.1, by="reset")),)},
        {
            "faults": (
                WeightedFault(1.0, stall_mid_stream(seconds=7)),
                WeightedFault(1.0, latency(seconds=(1, 2))),
            )
        },
    ],
)
def test_every_key_of_a_window_reads_back(changes):
    original = profile(window(**changes))
    if "evidence" in changes:
        original = Profile(
            **{
                **{field: getattr(original, field) for field in original.__slots__},
                "sources": {"a": Source("a", "user")},
            }
        )

    assert back(original) == original


def test_a_window_built_in_python_needs_no_basis():
    original = profile(window(), window("v", 60.0, 7200.0))

    assert 'evidence = "assumed"' in profiles.to_toml(original)
    assert back(original) == original


@given(
    edges=st.lists(
        st.floats(0.001, 86400, allow_subnormal=False), min_size=2, max_size=6, unique=True
    ),
    part=st.floats(0, 1),
)
@settings(max_examples=40, deadline=None)
def test_any_found_outage_reads_back_to_the_last_bit(edges, part):
    edges.sort()
    windows = (
        window(str(index), begins, ends, share=Share.constant(part))
        for index, (begins, ends) in enumerate(pairwise(edges))
    )
    original = profile(*windows, ends=86400.0)

    assert back(original) == original


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (0.0, "+0s"),
        (5400.0, "+1h30m"),
        (61.0, "+1m1s"),
        (90061.0, "+25h1m1s"),
        (-300.0, "-5m"),
        (0.25, "+0.25s"),
        (1e-7, "+0.0000001s"),
    ],
)
def test_an_offset_is_written_as_people_write_it(seconds, written):
    assert offset(seconds) == written


def test_a_value_that_toml_cannot_express_is_refused():
    original = profile(window(faults=(WeightedFault(1.0, raw(500, json={"error": None})),)))

    with pytest.raises(UsageError, match="TOML cannot express None"):
        profiles.to_toml(original)


def test_a_key_is_quoted_where_it_must_be():
    assert toml_values.value({"a b": 1, "c-d": 2}) == '{ "a b" = 1, c-d = 2 }'
