"""Answers requests: from a provider in its run, or from the server itself."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from chaos_llm.engine.plain_replies import Plain
from chaos_llm.errors import ChaosError, UsageError
from chaos_llm.journal.journal import Exchange
from chaos_llm.protocol import strict_json
from chaos_llm.protocol.messages import Ending, Reply, WireRequest
from chaos_llm.server.admin.later import Later
from chaos_llm.server.connections.shared_state import ClientOrigin, SharedState
from chaos_llm.server.http.addresses import RUN_IN_A_KEY
from chaos_llm.server.http.content_encoding import NotDecompressed, decompressed
from chaos_llm.server.http.known_heads import KnownHead
from chaos_llm.server.http.own_replies import ADMIN, NO_PROVIDER, ServerReply, error_reply
from chaos_llm.server.http.request_parser import ReceivedRequest
from chaos_llm.server.runs.runs import DEFAULT, ServedRun

_new = tuple.__new__  # makes a ProviderAnswer in one call instead of two, for most requests
_RUN = b'"run"'
_LARGEST = 1024 * 1024  # bytes of an admin call's arguments
_OF_BODIES = ("content-length", "transfer-encoding")


class ProviderAnswer(NamedTuple):
    """A provider's reply, to be sent for a run, and its record.

    `passed_on` is the request if the real vendor is to answer it in place of the reply.
    """

    run: ServedRun
    exchange: Exchange
    reply: Reply | Plain
    passed_on: WireRequest | None = None


def answer(
    server: SharedState, asked: ReceivedRequest, caller: ClientOrigin, *, reused: bool
) -> ServerReply | ProviderAnswer | Later:
    """Have a provider answer a request, or say why none does."""
    path = asked.path
    if asked.version != "1.1":
        return error_reply(505, f"this server speaks HTTP/1.1, not {asked.version}")
    if is_admin(path):
        return server.answer(server, asked)
    server.requests += 1
    host = caller.meant or asked.host
    place = server.addresses.find(asked.method, host, path)
    if place is None:
        return error_reply(
            404, NO_PROVIDER.format(method=asked.method, path=path, host=host or "no host")
        )
    headers = asked.headers
    try:
        body, encoding = asked.body, headers.get("content-encoding", "")
        if encoding:
            body = decompressed(body, encoding, server.settings.limits.body)
        wire = WireRequest(
            asked.method, host, place.path, asked.query, headers, body, reused, served=True
        )
        name = asked.run or caller.run or DEFAULT
        is_a_look = asked.method in ("GET", "HEAD") and RUN_IN_A_KEY in asked.target
        run = _begun(server, name) if is_a_look else server.runs.named(name)
        run.overrides.past_handshake = caller.past_handshake
        run.overrides.over_wire = caller.over_wire
        exchange, reply = run.brief_exchange(place.provider, wire, headers.get("x-chaos-call", ""))
    except Exception as error:  # a fault, or answers, of the test's own may raise anything
        return _error_reply(server, asked, error)
    if asked.method == "HEAD" and isinstance(reply, Reply):
        reply = _without_body(reply)
    passed_on = wire if _goes_upstream(server, exchange) else None
    if passed_on is not None:
        run.callers.note(exchange)  # because it is not known what the vendor will answer
    return ProviderAnswer(run, exchange, reply, passed_on)


def answer_known(
    server: SharedState, head: KnownHead, body: bytes, *, reused: bool
) -> ServerReply | ProviderAnswer:
    """The same for a POST to a provider, from a client of which nothing else is known."""
    server.requests += 1
    provider, wire = head.provider, head.wire
    assert provider is not None
    try:
        run = server.runs.named(head.run)
        run.overrides.past_handshake = run.overrides.over_wire = False
        host, path, query, headers = wire.host, wire.path, wire.query, wire.headers
        wire = WireRequest("POST", host, path, query, headers, body, reused, False, None, True)
        exchange, reply = run.brief_exchange(provider, wire, head.call)
    except Exception as error:  # a fault of the test's own may raise anything
        return _error_reply(server, head.request, error)
    return _new(ProviderAnswer, (run, exchange, reply, None))


def _error_reply(server: SharedState, asked: ReceivedRequest, error: Exception) -> ServerReply:
    """Why no provider answers: most errors are of a fault, or of answers, of the test's own."""
    if isinstance(error, NotDecompressed):
        return error_reply(error.status, str(error))
    if isinstance(error, ChaosError):
        return error_reply(503, str(error))
    return error_reply(500, server.problem(asked, error))


def _goes_upstream(server: SharedState, exchange: Exchange) -> bool:
    """Whether the real vendor answers: no fault was applied, and the server has upstreams."""
    return server.upstreams is not None and not (exchange.effects and exchange.applied)


def run_meant(asked: ReceivedRequest, caller: ClientOrigin) -> str:
    """The name of the run that a request is about; an admin call may name it as an argument."""
    named = asked.run or caller.run
    if is_admin(asked.path):
        named = admin_run(asked) or asked.run
    return named or DEFAULT


def admin_run(asked: ReceivedRequest) -> str:
    """The run that the arguments of an admin call name; "" for none, or none that can be read."""
    found: Any = dict(parse_qsl(asked.query)).get("run", "")
    body: Any = None
    if _RUN in asked.body and len(asked.body) < _LARGEST:
        with suppress(ValueError, ChaosError):
            body = strict_json.loads(asked.body)
    if isinstance(body, dict):
        found = body.get("run", found)
    return found if isinstance(found, str) else ""


def is_admin(path: str) -> bool:
    """Whether a path is the server's own."""
    return path == ADMIN or path.startswith(f"{ADMIN}/")


def _begun(server: SharedState, name: str) -> ServedRun:
    """A run that a query names; it does not begin here, as an image on a web page could name it."""
    run = server.runs.begun(name)
    if run is None:
        raise UsageError(
            f"there is no run {name!r} yet, and a GET whose query names one does not begin it; "
            f'POST {ADMIN}/runs {{"run": "{name}"}} does'
        )
    return run


def _without_body(reply: Reply) -> Reply:
    """What HEAD is answered."""
    if not reply.chunks:
        return reply
    headers = tuple(each for each in reply.headers if each[0].lower() not in _OF_BODIES)
    return replace(reply, headers=headers, chunks=(), ending=Ending.COMPLETE)
