"""What can be asked under `/__chaos/`, by name; a new one is a function and a line of DEEDS."""

from __future__ import annotations

import json
from typing import Any

from chaos_llm.decisions.provider_control import ProviderControl
from chaos_llm.decisions.start_position import place
from chaos_llm.durations import seconds
from chaos_llm.errors import ChaosError, UsageError
from chaos_llm.profiles import load, loads, to_toml
from chaos_llm.profiles.model import Profile
from chaos_llm.server.admin.requests import AdminOperation, AdminRequest
from chaos_llm.server.admin.run_state import fault_of, run_state, window_state
from chaos_llm.server.http.addresses import environment
from chaos_llm.server.http.own_replies import ADMIN, ServerReply
from chaos_llm.server.runs.runs import DEFAULT
from chaos_llm.server.runs.verdict import timeline, verdict

_BEGINS = ("seed", "at", "strict")
_FURTHEST = 366 * 86_400.0  # seconds of one advance


def _index(request: AdminRequest) -> Any:
    asked = {
        f"{operation.method} {ADMIN}/{operation.name}": {
            "takes": list(operation.takes),
            "says": operation.says,
        }
        for operation in OPERATIONS
    }
    return {"server": "chaos_llm", "providers": list(request.server.addresses.played), "ask": asked}


def _state(request: AdminRequest) -> Any:
    server = request.server
    return {
        **run_state(request.run),
        "runs": [run.name for run in server.runs],
        "server": {
            "url": server.url,
            "connections": len(server.connections),
            "requests": server.requests,
            "workers": 1,
            "problems": server.problems,
            "doors": server.doors,
            "toxics": server.worn(),
        },
    }


def _windows(request: AdminRequest) -> Any:
    return [window_state(request.run, placed) for placed in request.run.plan.windows]


def _advance(request: AdminRequest) -> Any:
    run, by, to = request.run, request.given.get("by"), request.given.get("to")
    if (by is None) == (to is None):
        raise UsageError('give {"by": "10m"}, or {"to": a window\'s name or a time of the profile}')
    distance = place(to, run.plan) - run.now if by is None else seconds(by)
    if distance < 0:
        raise UsageError(f"{to!r} is over: time goes forward only; POST {ADMIN}/reset begins anew")
    if not distance < _FURTHEST:
        raise UsageError(f"{by!r} is more than a year")
    run.clock.advance(distance)
    return run_state(run)


def _journal(request: AdminRequest) -> Any:
    try:
        since = int(request.given.get("since", 0))
    except ValueError:
        raise UsageError("since is the number of the first exchange that is wanted") from None
    lines = (e.line() for e in request.run.journal if e.number >= since)
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    return ServerReply(200, text.encode(), "application/jsonl")


def _verdict(request: AdminRequest) -> Any:
    return verdict(request.run)


def _timeline(request: AdminRequest) -> Any:
    return ServerReply(200, timeline(request.run).encode() + b"\n", "text/plain; charset=utf-8")


def _reset(request: AdminRequest) -> Any:
    request.run.begin_anew(seed=_seed(request), at=request.given.get("at"), strict=_strict(request))
    return run_state(request.run)


def _load(request: AdminRequest) -> Any:
    at, strict = request.given.get("at"), _strict(request)
    request.run.begin_anew(profile=_profile(request), seed=_seed(request), at=at, strict=strict)
    return run_state(request.run)


def _begin_run(request: AdminRequest) -> Any:
    if not request.run_name or request.run_name == DEFAULT:
        raise UsageError('give the new run a name: {"run": "my-test"}')
    run, server = request.run, request.server
    profile = _profile(request) if {"profile", "toml"} & set(request.given) else None
    at, strict = request.given.get("at"), _strict(request)
    run.begin_anew(profile=profile, seed=_seed(request), at=at, strict=strict)
    return {**run_state(run), "env": environment(server.url, run.name, {}, server.doors)}


def _end_run(request: AdminRequest) -> Any:
    request.server.runs.end(request.run_name or DEFAULT)
    return {"runs": [run.name for run in request.server.runs]}


def _runs(request: AdminRequest) -> Any:
    return {run.name: run_state(run) for run in request.server.runs}


def _inject(request: AdminRequest) -> Any:
    ours = ("provider", "fault", "times", "surface", "model")
    arguments = {name: value for name, value in request.given.items() if name not in ours}
    fault = fault_of(request.need("fault"), arguments)
    _lever(request).inject(fault, times=request.given.get("times"))
    return run_state(request.run)


def _heal(request: AdminRequest) -> Any:
    _lever(request).heal()
    return run_state(request.run)


def _answers(request: AdminRequest) -> Any:
    answers = request.need("answers")
    texts = [answers] if isinstance(answers, str) else answers
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise UsageError("answers is a text, or a list of texts that are used in order")
    _lever(request).answers(texts)
    return run_state(request.run)


def _lever(request: AdminRequest) -> ProviderControl:
    where = {
        name: str(request.given[name]) for name in ("surface", "model") if name in request.given
    }
    return request.run.on(str(request.need("provider")), **where)


def _profile_text(request: AdminRequest) -> Any:
    return ServerReply(200, to_toml(request.run.plan.profile).encode(), "application/toml")


def _certificate(request: AdminRequest) -> Any:
    if request.server.authority is None:
        raise UsageError("there are no certificates: this server was started without --tls")
    return ServerReply(200, request.server.authority.pem, "application/x-pem-file")


def _profile(request: AdminRequest) -> Profile:
    """A profile of the catalogue, or one in the request; no files of this machine."""
    if "toml" in request.given:
        return loads(str(request.given["toml"]), name=str(request.given.get("profile", "posted")))
    name = str(request.need("profile"))
    if name.endswith(".toml") or "/" in name:
        raise UsageError('give a profile\'s name, or its text: {"toml": "..."}; no path')
    return load(name, rootdir=request.server.settings.rootdir)


def _seed(request: AdminRequest) -> int | None:
    seed = request.given.get("seed")
    if seed is not None and type(seed) is not int:
        raise ChaosError(f"a seed is a whole number; got {seed!r}")
    return seed


def _strict(request: AdminRequest) -> bool | None:
    strict = request.given.get("strict")
    if strict is not None and not isinstance(strict, bool):
        raise ChaosError(f"strict is true or false; got {strict!r}")
    return strict


OPERATIONS: tuple[AdminOperation, ...] = (
    AdminOperation("GET", "", "what can be asked", _index),
    AdminOperation(
        "GET", "state", "where a run is: profile, clock, open windows, requests", _state
    ),
    AdminOperation("GET", "windows", "all windows of the day, and which are open", _windows),
    AdminOperation("POST", "advance", "let time pass on the run's clock", _advance, ("by", "to")),
    AdminOperation(
        "GET", "journal", "the exchanges as JSONL, from number `since`", _journal, ("since",)
    ),
    AdminOperation(
        "GET", "verdict", "what the checks found, as far as it can be seen here", _verdict
    ),
    AdminOperation("GET", "timeline", "the journal for a terminal", _timeline),
    AdminOperation("POST", "reset", "begin the run anew", _reset, _BEGINS),
    AdminOperation("POST", "load", "begin anew, another day", _load, ("profile", "toml", *_BEGINS)),
    AdminOperation("GET", "profile", "the day as TOML", _profile_text),
    AdminOperation("GET", "runs", "all runs", _runs),
    AdminOperation("POST", "runs", "begin a run", _begin_run, ("profile", "toml", *_BEGINS)),
    AdminOperation("DELETE", "runs", "forget a run", _end_run),
    AdminOperation(
        "POST",
        "inject",
        "have a fault strike; its own arguments beside these",
        _inject,
        ("provider", "fault", "times", "surface", "model"),
        takes_any=True,
    ),
    AdminOperation(
        "POST", "heal", "end what hits a provider", _heal, ("provider", "surface", "model")
    ),
    AdminOperation(
        "POST", "answers", "choose a provider's answers", _answers, ("provider", "answers")
    ),
    AdminOperation("GET", "ca", "the certificate to trust, as PEM", _certificate),
)
