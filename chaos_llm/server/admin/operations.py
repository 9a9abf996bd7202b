"""What can be asked under `/__chaos/`, by name; a new one is a function and a line of DEEDS."""

from __future__ import annotations

import json
from typing import Any

from chaos_llm.decisions.provider_control import Lever
from chaos_llm.decisions.start_position import place
from chaos_llm.durations import seconds
from chaos_llm.errors import ChaosError, UsageError
from chaos_llm.profiles import load, loads, to_toml
from chaos_llm.profiles.model import Profile
from chaos_llm.server.admin.requests import Deed, Wish
from chaos_llm.server.admin.run_state import fault_of, run_state, window_state
from chaos_llm.server.http.addresses import environment
from chaos_llm.server.http.own_replies import ADMIN, Said
from chaos_llm.server.runs.runs import DEFAULT
from chaos_llm.server.runs.verdict import timeline, verdict

_FURTHEST = 366 * 86_400.0  # seconds of one advance


def _index(wish: Wish) -> Any:
    asked = {
        f"{deed.method} {ADMIN}/{deed.name}": {"takes": list(deed.takes), "says": deed.says}
        for deed in DEEDS
    }
    return {"server": "chaos_llm", "providers": list(wish.server.addresses.played), "ask": asked}


def _state(wish: Wish) -> Any:
    server = wish.server
    return {
        **run_state(wish.run),
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


def _windows(wish: Wish) -> Any:
    return [window_state(wish.run, placed) for placed in wish.run.plan.windows]


def _advance(wish: Wish) -> Any:
    run, by, to = wish.run, wish.given.get("by"), wish.given.get("to")
    if (by is None) == (to is None):
        raise UsageError('give {"by": "10m"}, or {"to": a window\'s name or a time of the profile}')
    distance = place(to, run.plan) - run.now if by is None else seconds(by)
    if distance < 0:
        raise UsageError(f"{to!r} is over: time goes forward only; POST {ADMIN}/reset begins anew")
    if not distance < _FURTHEST:
        raise UsageError(f"{by!r} is more than a year")
    run.clock.advance(distance)
    return run_state(run)


def _journal(wish: Wish) -> Any:
    try:
        since = int(wish.given.get("since", 0))
    except ValueError:
        raise UsageError("since is the number of the first exchange that is wanted") from None
    lines = (e.line() for e in wish.run.journal if e.number >= since)
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    return Said(200, text.encode(), "application/jsonl")


def _verdict(wish: Wish) -> Any:
    return verdict(wish.run)


def _timeline(wish: Wish) -> Any:
    return Said(200, timeline(wish.run).encode() + b"\n", "text/plain; charset=utf-8")


def _reset(wish: Wish) -> Any:
    wish.run.begin_anew(seed=_seed(wish), at=wish.given.get("at"))
    return run_state(wish.run)


def _load(wish: Wish) -> Any:
    wish.run.begin_anew(profile=_profile(wish), seed=_seed(wish), at=wish.given.get("at"))
    return run_state(wish.run)


def _begin_run(wish: Wish) -> Any:
    if not wish.run_name or wish.run_name == DEFAULT:
        raise UsageError('give the new run a name: {"run": "my-test"}')
    run, server = wish.run, wish.server
    profile = _profile(wish) if {"profile", "toml"} & set(wish.given) else None
    run.begin_anew(profile=profile, seed=_seed(wish), at=wish.given.get("at"))
    return {**run_state(run), "env": environment(server.url, run.name, {}, server.doors)}


def _end_run(wish: Wish) -> Any:
    wish.server.runs.end(wish.run_name or DEFAULT)
    return {"runs": [run.name for run in wish.server.runs]}


def _runs(wish: Wish) -> Any:
    return {run.name: run_state(run) for run in wish.server.runs}


def _inject(wish: Wish) -> Any:
    ours = ("provider", "fault", "times", "surface", "model")
    arguments = {name: value for name, value in wish.given.items() if name not in ours}
    fault = fault_of(wish.need("fault"), arguments)
    _lever(wish).inject(fault, times=wish.given.get("times"))
    return run_state(wish.run)


def _heal(wish: Wish) -> Any:
    _lever(wish).heal()
    return run_state(wish.run)


def _answers(wish: Wish) -> Any:
    answers = wish.need("answers")
    texts = [answers] if isinstance(answers, str) else answers
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise UsageError("answers is a text, or a list of texts that are used in order")
    _lever(wish).answers(texts)
    return run_state(wish.run)


def _lever(wish: Wish) -> Lever:
    where = {name: str(wish.given[name]) for name in ("surface", "model") if name in wish.given}
    return wish.run.on(str(wish.need("provider")), **where)


def _profile_text(wish: Wish) -> Any:
    return Said(200, to_toml(wish.run.plan.profile).encode(), "application/toml")


def _certificate(wish: Wish) -> Any:
    if wish.server.authority is None:
        raise UsageError("there are no certificates: this server was started without --tls")
    return Said(200, wish.server.authority.pem, "application/x-pem-file")


def _profile(wish: Wish) -> Profile:
    """A profile of the catalogue, or one in the request; no files of this machine."""
    if "toml" in wish.given:
        return loads(str(wish.given["toml"]), name=str(wish.given.get("profile", "posted")))
    name = str(wish.need("profile"))
    if name.endswith(".toml") or "/" in name:
        raise UsageError('give a profile\'s name, or its text: {"toml": "..."}; no path')
    return load(name, rootdir=wish.server.settings.rootdir)


def _seed(wish: Wish) -> int | None:
    seed = wish.given.get("seed")
    if seed is not None and type(seed) is not int:
        raise ChaosError(f"a seed is a whole number; got {seed!r}")
    return seed


DEEDS: tuple[Deed, ...] = (
    Deed("GET", "", "what can be asked", _index),
    Deed("GET", "state", "where a run is: profile, clock, open windows, requests", _state),
    Deed("GET", "windows", "all windows of the day, and which are open", _windows),
    Deed("POST", "advance", "let time pass on the run's clock", _advance, ("by", "to")),
    Deed("GET", "journal", "the exchanges as JSONL, from number `since`", _journal, ("since",)),
    Deed("GET", "verdict", "what the checks found, as far as it can be seen here", _verdict),
    Deed("GET", "timeline", "the journal for a terminal", _timeline),
    Deed("POST", "reset", "begin the run anew", _reset, ("seed", "at")),
    Deed("POST", "load", "begin anew, another day", _load, ("profile", "toml", "seed", "at")),
    Deed("GET", "profile", "the day as TOML", _profile_text),
    Deed("GET", "runs", "all runs", _runs),
    Deed("POST", "runs", "begin a run", _begin_run, ("profile", "toml", "seed", "at")),
    Deed("DELETE", "runs", "forget a run", _end_run),
    Deed(
        "POST",
        "inject",
        "have a fault strike; its own arguments beside these",
        _inject,
        ("provider", "fault", "times", "surface", "model"),
        takes_any=True,
    ),
    Deed("POST", "heal", "end what hits a provider", _heal, ("provider", "surface", "model")),
    Deed("POST", "answers", "choose a provider's answers", _answers, ("provider", "answers")),
    Deed("GET", "ca", "the certificate to trust, as PEM", _certificate),
)
