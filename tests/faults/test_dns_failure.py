from __future__ import annotations

import pytest

from chaos_llm import outage
from chaos_llm.faults import dns_failure
from chaos_llm.protocol.messages import Ending


def test_there_is_no_address_and_no_wait_for_one(whole, stream, fault_context):
    for reply in (whole, stream):
        applied = dns_failure().on_reply(reply, fault_context)
        assert (applied.wait, applied.chunks, applied.ending) == (0.0, (), Ending.UNRESOLVED)


@pytest.mark.parametrize("library", ["httpx", "httpx2"])
def test_a_client_gets_the_error_of_a_resolver(library):
    http = pytest.importorskip(library)
    with outage() as chaos:
        chaos.on("anthropic").inject(dns_failure())
        with pytest.raises(http.ConnectError) as failed:
            http.post("https://api.anthropic.com/v1/messages", json={})
    assert str(failed.value) == "[Errno -2] Name or service not known"
    assert (chaos.journal[0].status, chaos.journal[0].end) == (0, "refused")
