"""Whether a provider's own wire format already makes a recorded body of a failure."""

from __future__ import annotations

import json
from typing import Any

from chaos_llm.engine.reply_builder import ReplyBuilder
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.profiles.baseline_latency import HealthyLatency
from chaos_llm.protocol.keyed_random import KeyedRandom
from chaos_llm.protocol.messages import Completion, Reply, Usage, WireRequest
from chaos_llm.providers import find
from chaos_llm.providers.provider import ReplyContext
from chaos_llm.recording.recorded_call import RecordedCall
from chaos_llm.requests.hosts import provider_names

_PATHS = ("/v1/messages", "/v1/chat/completions", "/v1/responses")  # where none is recorded
_NAMES = ("type", "code", "status", "reason")  # texts in an error that clients compare
_MAY_LACK = {"request_id", "param", "code", "details"}  # some errors of one format have them
_ANSWER = Completion("An answer.", usage=Usage(10, 10))


def made_by_dialect(call: RecordedCall, fault: Fault) -> bool:
    """Whether the fault sends a body like the recorded one: the same status, fields and types.

    A call without a recorded body is taken for the format's own.
    """
    if not call.body.strip():
        return True
    try:
        recorded = json.loads(call.body)
        reply = _reply(call, fault)
        made = json.loads(reply.body)
    except Exception:  # a body that is no JSON; or a request that a wire format cannot read
        return False
    if reply.status != call.status:
        return False
    return _alike(recorded, made)


def _reply(call: RecordedCall, fault: Fault) -> Reply:
    """What the provider sends with this fault to a small request of the same kind."""
    assert call.provider in provider_names()
    paths = [call.path] if call.path else _PATHS
    found = [find(call.provider, "POST", path) for path in paths]
    provider = next((each for each in found if each.surface == call.surface), found[0])
    path = call.path or next(p for p in paths if provider.claims("POST", p))
    body = {
        "model": call.model or "m",
        "max_tokens": 10,
        "messages": [{"role": "user", "content": "hello"}],
        "input": "hello",
    }
    headers = {"content-type": "application/json", "x-api-key": "k", "authorization": "Bearer k"}
    host = call.host or provider.hosts[0]
    wire = WireRequest("POST", host, path, "", headers, json.dumps(body).encode())
    request = provider.parse(wire)
    rng = KeyedRandom("import")
    builder = ReplyBuilder(provider, request, ReplyContext(0.0, rng), HealthyLatency(), _ANSWER)
    builder.apply(fault, FaultContext(request, rng))
    return builder.reply


def _alike(recorded: Any, made: Any) -> bool:
    if isinstance(recorded, dict) and isinstance(made, dict):
        if (recorded.keys() ^ made.keys()) - _MAY_LACK:
            return False
        return all(
            _alike(recorded[key], made[key])
            and (key not in _NAMES or not isinstance(made[key], str) or recorded[key] == made[key])
            for key in recorded.keys() & made.keys()
        )
    if isinstance(recorded, list) and isinstance(made, list):
        return not recorded or not made or _alike(recorded[0], made[0])
    return recorded is None or made is None or isinstance(recorded, type(made))
