"""The operations under `/__chaos/`, by name; a new one is a function and a line of the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from chaos_llm.decisions.plan import Plan
from chaos_llm.decisions.provider_control import ProviderControl
from chaos_llm.decisions.start_position import place
from chaos_llm.durations import seconds
from chaos_llm.errors import UsageError, shown
from chaos_llm.journal.journal import Exchange
from chaos_llm.profiles import load, loads, to_toml
from chaos_llm.profiles.model import Profile
from chaos_llm.protocol import strict_json
from chaos_llm.protocol.redaction import printable
from chaos_llm.server.admin import webhooks
from chaos_llm.server.admin.injections import injected
from chaos_llm.server.admin.metrics import metrics
from chaos_llm.server.admin.questions import Counts, of_all_workers
from chaos_llm.server.admin.requests import (
    LARGEST_SEED,
    AdminOperation,
    AdminRequest,
    Slowly,
    text,
    whole,
)
from chaos_llm.server.admin.run_state import run_state, window_state
from chaos_llm.server.http.addresses import environment
from chaos_llm.server.http.own_replies import ADMIN, ServerReply, json_reply
from chaos_llm.server.runs.runs import DEFAULT
from chaos_llm.server.runs.verdict import timeline, verdict

_BEGINS = ("seed", "at", "strict")
_FURTHEST = 366 * 86_400.0  # seconds of one advance
_LAST = 100 * _FURTHEST  # seconds of the profile that no clock passes
_QUICK = 200  # exchanges, or windows, of one reply, because other clients wait meanwhile
_LONGEST_TOML = 262_144  # letters; the longest of the catalogue has a tenth of that
_MOST_WINDOWS = 2_000  # of a posted profile, bursts counted: each request looks at those open
_MOST_ANSWERS, _LONGEST_ANSWERS = 1_000, 200_000  # texts, and letters in all: a stream takes 60 ms
_MOST_BY_HAND = 2_000  # injections, heals and choices of a run: each request looks at them all
_LONGEST_NAME = 200  # letters of a profile, a model, a surface


def _index(request: AdminRequest) -> Any:
    operations = {
        f"{operation.method} {ADMIN}/{operation.name}": {
            "takes": list(operation.takes),
            "says": operation.says,
        }
        for operation in OPERATIONS
    }
    return {
        "server": "chaos_llm",
        "providers": list(request.server.addresses.played),
        "ask": operations,
    }


def _state(request: AdminRequest) -> Any:
    server, run = request.server, request.run

    def told(counts: Sequence[Counts]) -> Any:
        return {
            **run_state(run),
            "runs": [name for each in counts for name in each.runs],
            "server": {
                "url": server.url,
                "connections": sum(each.connections for each in counts),
                "requests": sum(each.requests for each in counts),
                "workers": 1 if server.peers is None else server.peers.count,
                "problems": [problem for each in counts for problem in each.problems],
                "doors": server.doors,
                "toxics": server.worn(),
            },
        }

    return of_all_workers(server, "counts", lambda found: told([Counts(*each) for each in found]))


def _windows(request: AdminRequest) -> Any:
    run, windows = request.run, request.run.plan.windows
    if len(windows) <= _QUICK:
        return [window_state(run, placed) for placed in windows]
    return Slowly(lambda: [window_state(run, placed) for placed in windows])


def _advance(request: AdminRequest) -> Any:
    run, by, to = request.run, request.arguments.get("by"), request.arguments.get("to")
    if (by is None) == (to is None):
        raise UsageError('give {"by": "10m"}, or {"to": a window\'s name or a time of the profile}')
    distance = place(to, run.plan) - run.now if by is None else seconds(by)
    target = shown(to if by is None else by)
    if distance < 0:
        raise UsageError(
            f"{target} is over: time goes forward only; POST {ADMIN}/reset begins anew"
        )
    if not distance < _FURTHEST:
        raise UsageError(f"{target} is more than a year")
    if run.now + distance > _LAST:
        raise UsageError(
            f"{target} goes on for more than a hundred years after the profile's start"
        )
    run.clock.advance(distance)
    return run_state(run)


def _journal(request: AdminRequest) -> Any:
    since = whole(
        request.arguments,
        "since",
        _NUMBERS,
        "since is the number of the first exchange that is wanted",
    )
    records = request.run.journal.since(since or 0)
    if len(records) <= _QUICK:
        return _jsonl(records)
    return Slowly(lambda: _jsonl(records))


_NUMBERS = 1 << 53


def _jsonl(exchanges: Sequence[Exchange]) -> ServerReply:
    lines = "".join(strict_json.dumps(exchange.line()) + "\n" for exchange in exchanges)
    return ServerReply(200, lines.encode(), "application/jsonl")


def _verdict(request: AdminRequest) -> Any:
    run = request.run
    return verdict(run) if len(run.journal) <= _QUICK else Slowly(lambda: verdict(run))


def _timeline(request: AdminRequest) -> Any:
    run = request.run

    def drawn() -> ServerReply:
        return ServerReply(
            200, printable(timeline(run)).encode() + b"\n", "text/plain; charset=utf-8"
        )

    return drawn() if len(run.journal) <= _QUICK else Slowly(drawn)


def _reset(request: AdminRequest) -> Any:
    request.run.begin_anew(
        seed=_seed(request), at=request.arguments.get("at"), strict=_strict(request)
    )
    return run_state(request.run)


def _load(request: AdminRequest) -> Any:
    return Slowly(lambda: _profile(request), lambda profile: _begun(request, profile))


def _begin_run(request: AdminRequest) -> Any:
    if not request.run_name or request.run_name == DEFAULT:
        raise UsageError('give the new run a name: {"run": "my-test"}')
    if {"profile", "toml"} & set(request.arguments):
        return Slowly(lambda: _profile(request), lambda profile: _begun_run(request, profile))
    return _begun_run(request, None)


def _begun_run(request: AdminRequest, profile: Profile | None) -> Any:
    server = request.server
    variables = environment(server.url, request.run_name, {}, server.doors)
    return {**_begun(request, profile), "env": variables}


def _begun(request: AdminRequest, profile: Profile | None) -> dict[str, Any]:
    at, strict = request.arguments.get("at"), _strict(request)
    request.run.begin_anew(profile=profile, seed=_seed(request), at=at, strict=strict)
    return run_state(request.run)


def _end_run(request: AdminRequest) -> Any:
    request.server.runs.end(request.run_name or DEFAULT)
    return of_all_workers(
        request.server,
        "counts",
        lambda found: {"runs": [name for each in found for name in Counts(*each).runs]},
    )


def _runs(request: AdminRequest) -> Any:
    def merged(found: Sequence[Mapping[str, Any]]) -> Any:
        return {name: state for each in found for name, state in each.items()}

    return of_all_workers(request.server, "runs", merged)


def _inject(request: AdminRequest) -> Any:
    fault, options = injected(request.need("fault"), request.arguments)
    _control(request).inject(fault, **options)
    return run_state(request.run)


def _heal(request: AdminRequest) -> Any:
    _control(request).heal()
    return run_state(request.run)


def _answers(request: AdminRequest) -> Any:
    answers = request.need("answers")
    texts = [answers] if isinstance(answers, str) else answers
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise UsageError("answers is a text, or a list of texts that are used in order")
    if len(texts) > _MOST_ANSWERS or sum(map(len, texts)) > _LONGEST_ANSWERS:
        raise UsageError(
            f"answers are at most {_MOST_ANSWERS} texts of {_LONGEST_ANSWERS} letters in all"
        )
    _control(request).answers(texts)
    return run_state(request.run)


def _control(request: AdminRequest) -> ProviderControl:
    arguments = request.arguments
    where = {n: text(arguments, n, _LONGEST_NAME) for n in ("surface", "model") if n in arguments}
    request.need("provider")
    by_hand = request.run.overrides
    if len(by_hand.injections) + len(by_hand.healed) + len(by_hand.chosen) >= _MOST_BY_HAND:
        raise UsageError(
            f"{_MOST_BY_HAND} things were injected, healed or chosen in this run; "
            f"POST {ADMIN}/reset begins it anew"
        )
    return request.run.on(text(arguments, "provider", _LONGEST_NAME), **where)


def _profile_text(request: AdminRequest) -> Any:
    profile = request.run.plan.profile

    def written() -> ServerReply:
        return ServerReply(200, to_toml(profile).encode(), "application/toml")

    return written() if len(profile.windows) <= _QUICK else Slowly(written)


def _certificate(request: AdminRequest) -> Any:
    if request.server.authority is None:
        raise UsageError("there are no certificates: this server was started without --tls")
    return ServerReply(200, request.server.authority.pem, "application/x-pem-file")


def _profile(request: AdminRequest) -> Profile:
    """A profile of the catalogue, or one in the request; no files of this machine."""
    if "toml" in request.arguments:
        return _posted(request)
    request.need("profile")
    name = text(request.arguments, "profile", _LONGEST_NAME)
    if name.endswith(".toml") or "/" in name:
        raise UsageError('give a profile\'s name, or its text: {"toml": "..."}; no path')
    return load(name, rootdir=request.server.settings.rootdir)


def _posted(request: AdminRequest) -> Profile:
    """A profile in the request; its size is bounded, so that other runs are not delayed."""
    toml = text(request.arguments, "toml", _LONGEST_TOML)
    name = text(request.arguments, "profile", _LONGEST_NAME, "posted")
    if printable(name) != name or "/" in name:
        raise UsageError("a profile's name has neither '/' nor control characters")
    profile = loads(toml, name=name)
    placed = sum(1 for _ in islice(Plan.placed(profile, 0), _MOST_WINDOWS + 1))
    if placed > _MOST_WINDOWS:
        raise UsageError(f"the profile has more than {_MOST_WINDOWS} windows, bursts counted")
    return profile


def _seed(request: AdminRequest) -> int | None:
    return whole(request.arguments, "seed", LARGEST_SEED, "a seed is a whole number")


def _strict(request: AdminRequest) -> bool | None:
    strict = request.arguments.get("strict")
    if strict is not None and not isinstance(strict, bool):
        raise UsageError(f"strict is true or false; got {strict!r}")
    return strict


def _health(_request: AdminRequest) -> Any:
    return {"healthy": True}


def _ready(request: AdminRequest) -> Any:
    """Whether all workers are there; those that are being started answer nothing."""
    peers = request.server.peers
    wanted = 1 if peers is None else peers.count

    def told(found: Sequence[Any]) -> ServerReply:
        return json_reply({"workers": len(found)}, 200 if len(found) == wanted else 503)

    return of_all_workers(request.server, "counts", told)


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
        "inject a fault; its own arguments are given beside these",
        _inject,
        ("provider", "fault", "share", "for_", "times", "surface", "model", "arguments"),
        takes_any=True,
    ),
    AdminOperation(
        "POST", "heal", "end what hits a provider", _heal, ("provider", "surface", "model")
    ),
    AdminOperation(
        "POST", "answers", "choose a provider's answers", _answers, ("provider", "answers")
    ),
    AdminOperation(
        "POST",
        "webhooks",
        "send the webhooks of OpenAI's batches to a URL",
        webhooks.send,
        webhooks.ARGUMENTS,
    ),
    AdminOperation("GET", "webhooks", "the webhooks that were sent", webhooks.attempts),
    AdminOperation("GET", "health", "whether the server is up; needs no token", _health),
    AdminOperation("GET", "ready", "whether all workers are there; needs no token", _ready),
    AdminOperation("GET", "metrics", "counts for Prometheus", metrics),
    AdminOperation("GET", "ca", "the certificate to trust, as PEM", _certificate),
)
