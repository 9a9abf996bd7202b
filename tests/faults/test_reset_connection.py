from __future__ import annotations

from dataclasses import replace

import pytest

from chaos_llm.faults import reset_connection
from chaos_llm.protocol.messages import Ending


def test_the_reset_comes_before_any_byte_when_the_headers_were_due(whole, stream, fault_context):
    for reply in (whole, stream):
        applied = reset_connection().on_reply(reply, fault_context)
        assert (applied.wait, applied.chunks, applied.ending) == (reply.wait, (), Ending.RESET)


@pytest.mark.parametrize(("size", "applied"), [(28_000, False), (50_000, False), (50_001, True)])
def test_with_a_size_only_larger_bodies_are_reset(size, applied, whole, fault_context):
    sized = replace(fault_context, request=replace(fault_context.request, size=size))
    reply = reset_connection(larger_than=50_000).on_reply(whole, sized)
    assert (reply.ending is Ending.RESET) is applied
    assert (reply == whole) is not applied
