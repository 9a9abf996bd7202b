"""What holds for the arguments of all faults."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import MISSING, fields
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chaos_llm.errors import Unsupported, UsageError
from chaos_llm.faults import FAULTS

junk = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-10, 10**6),
    st.floats(),
    st.sampled_from(["2m", "", "close", "nginx", "overloaded", b"x", timedelta(hours=1)]),
    st.sampled_from([[1, 2], (3, 1), {}, {"a": "b"}, {1: [2]}, date(2026, 3, 2), object()]),
)


def _made(kind, arguments):
    """The fault, or the complaint about its arguments."""
    required = [f.name for f in fields(kind) if f.default is f.default_factory is MISSING]
    try:
        return kind(**dict.fromkeys(required, 500) | arguments)
    except UsageError as mistake:
        return str(mistake)


@pytest.mark.parametrize(("name", "kind"), FAULTS.items(), ids=FAULTS.keys())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_wrong_arguments_are_refused_early_and_right_ones_never_later(name, kind, data, request):
    names = [field.name for field in fields(kind)]
    fault = _made(kind, data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(names, junk))))
    if isinstance(fault, str):
        assert fault.startswith(f"{name}(")
        return
    fault_context = request.getfixturevalue("fault_context")
    for answer in ("answer", "calling"):
        with suppress(Unsupported):
            fault.on_answer(request.getfixturevalue(answer), fault_context)
    for reply in ("stream", "whole", "refused"):
        with suppress(Unsupported):
            fault.on_reply(request.getfixturevalue(reply), fault_context)
