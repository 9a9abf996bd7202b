"""Write a Profile as a TOML file, for outages that were found or generated."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields

from chaos_llm.faults.fault import Fault
from chaos_llm.network import Toxic
from chaos_llm.profiles import toml_values
from chaos_llm.profiles.capacity import Capacity
from chaos_llm.profiles.evidence_grades import ASSUMED
from chaos_llm.profiles.fault_mixes import takes_none
from chaos_llm.profiles.model import (
    Allowance,
    Event,
    Flap,
    HealthyLatency,
    Profile,
    Share,
    Source,
    StatusPage,
    Target,
    WeightedFault,
    Window,
)
from chaos_llm.profiles.time_values import offset

Times = Callable[[float], object]


def to_toml(profile: Profile, *, dated: bool = False) -> str:
    """The TOML text of a profile; saved as `<profile.name>.toml` it is read back as the same.

    Times are offsets from `starts`, or dates if `dated`. Raises UsageError for values that TOML
    cannot express, such as None in the body of a `raw` fault.
    """
    times = _dates_of(profile) if dated else offset
    blocks = [
        _block("", _head(profile, times)),
        *(
            _block(f"[sources.{toml_values.key(k)}]", _source(s))
            for k, s in profile.sources.items()
        ),
        *(
            _block(f"[baseline.{toml_values.key(name)}]", _latency(latency))
            for name, latency in profile.baseline.items()
        ),
        *(
            _block(
                f"[edge.{toml_values.key(name)}]",
                {"providers": list(edge.providers), "evidence": edge.evidence},
            )
            for name, edge in profile.edges.items()
        ),
        *(
            _block(f"[quota.{toml_values.key(name)}]", _quota(allowance))
            for name, allowance in profile.quotas.items()
        ),
        *(_block("[[window]]", _window(window, times)) for window in profile.windows),
        *(
            _block(f"[status_page.{toml_values.key(p.provider)}]", _page(p, times))
            for p in profile.status_pages.values()
        ),
        *(_block("[[event]]", _event(event, times)) for event in profile.events),
    ]
    return "\n".join(blocks)


def _dates_of(profile: Profile) -> Times:
    """Writes times as dates; one that a date cannot express exactly, as an offset."""

    def date_of(seconds: float) -> object:
        when = profile.when(seconds)
        exact = (when - profile.starts).total_seconds() == seconds
        return when if exact else offset(seconds)

    return date_of


def _latency(latency: HealthyLatency) -> dict[str, object]:
    models = [{"model": name, **_latency(of_model)} for name, of_model in latency.models]
    return {
        "first_token": latency.first_token,
        "token": latency.token,
        "evidence": latency.evidence,
        **_nonempty({"models": models}),
    }


def _quota(allowance: Allowance) -> dict[str, object]:
    quota = allowance.quota
    limits = {
        "requests_per_minute": quota.requests_per_minute,
        "tokens_per_minute": quota.tokens_per_minute,
    }
    return {k: v for k, v in limits.items() if v is not None} | {"evidence": allowance.evidence}


def _block(header: str, table: Mapping[str, object]) -> str:
    lines = [header] if header else []
    for key, value in table.items():
        lines.append(f"{key} = {_rows(value) if _is_long(value) else toml_values.value(value)}")
    return "\n".join(lines) + "\n"


def _is_long(value: object) -> bool:
    return isinstance(value, list) and len(value) > 1 and isinstance(value[0], list | dict)


def _rows(values: object) -> str:
    assert isinstance(values, list)
    return "[\n" + "".join(f"  {toml_values.value(value)},\n" for value in values) + "]"


def _head(profile: Profile, times: Times) -> dict[str, object]:
    optional = {"tags": list(profile.tags), "confidence": profile.confidence, "note": profile.note}
    return {
        "title": profile.title,
        "starts": profile.starts,
        "ends": times(profile.ends),
        **_nonempty(optional),
    }


def _source(source: Source) -> dict[str, object]:
    return {"kind": source.kind, **_nonempty({"title": source.title, "address": source.address})}


def _window(window: Window, times: Times) -> dict[str, object]:
    sticky_by = (
        window.sticky_by
        if window.sticky_by != "request" or "sticky_by" in window.evidence
        else None
    )
    return {
        "name": window.name,
        "from": _span(window.begins, times),
        "until": _span(window.ends, times),
        "on": [_target(target) for target in window.on],
        "share": _share(window.share, times),
        **({"sticky_by": sticky_by} if sticky_by else {}),
        **({"sticky_for": window.sticky_for} if window.sticky_for is not None else {}),
        **_faults(window),
        **_nonempty(
            {
                "except": [_target(target) for target in window.except_],
                "flap": _flap(window.flap),
                "capacity": _capacity(window.capacity),
            }
        ),
        "evidence": dict(window.evidence) or ASSUMED,
        **_nonempty({"note": window.note}),
    }


def _faults(window: Window) -> dict[str, object]:
    if window.network:
        evidence = window.evidence
        return {
            "network": [
                {"toxic": each.kind, **_parameters(each, evidence)} for each in window.network
            ]
        }
    return {"faults": [_weighted(weighted, window.evidence) for weighted in window.faults]}


def _flap(flap: Flap | None) -> dict[str, object]:
    return {"down": flap.down, "up": flap.up} if flap else {}


def _capacity(capacity: Capacity | None) -> dict[str, object]:
    if capacity is None:
        return {}
    values = ((field.name, getattr(capacity, field.name)) for field in fields(capacity))
    return {name: value for name, value in values if value is not None}


def _span(limits: tuple[float, float], times: Times) -> object:
    earliest, latest = map(times, limits)
    return earliest if earliest == latest else [earliest, latest]


def _target(target: Target) -> dict[str, object]:
    changed = {f.name: getattr(target, f.name) for f in fields(target) if f.name != "provider"}
    plain = Target(target.provider)
    return {
        "provider": target.provider,
        **{name: value for name, value in changed.items() if value != getattr(plain, name)},
    }


def _share(share: Share, times: Times) -> object:
    (time, first), *more = share.points
    if share.bound:
        return {"below": first}
    if share.until is not None:
        return [first, share.until]
    if not more and not time:
        return first
    return [[times(time), part] for time, part in share.points]


def _weighted(weighted: WeightedFault, evidence: Mapping[str, object]) -> dict[str, object]:
    fault = weighted.fault
    return {"weight": weighted.weight, "fault": fault.name, **_parameters(fault, evidence)}


def _parameters(fault: Fault | Toxic, evidence: Mapping[str, object]) -> dict[str, object]:
    """The parameters that differ from their defaults, and those with evidence of their own."""
    values = ((field, getattr(fault, field.name)) for field in fields(fault))
    in_a_file = ("body",) if getattr(fault, "body_file", "") else ()
    return {
        field.name: False if value is None and takes_none(field) else value
        for field, value in values
        if (value != field.default or field.name in evidence) and field.name not in in_a_file
    }


def _page(page: StatusPage, times: Times) -> dict[str, object]:
    if page.unknown:
        return {"unknown": True, **_nonempty({"evidence": page.evidence})}
    return {"posts": list(_posts(page, times)), "evidence": page.evidence}


def _posts(page: StatusPage, times: Times) -> Iterator[dict[str, object]]:
    for post in page.posts:
        yield {
            "at": times(post.at),
            **_nonempty({"state": post.state, "says": post.says}),
            **({"incident": post.incident} if post.incident != 1 else {}),
            **_nonempty({"impact": post.impact, "components": list(post.components)}),
            "evidence": post.evidence,
        }


def _event(event: Event, times: Times) -> dict[str, object]:
    return {"at": times(event.at), "says": event.says, "evidence": event.evidence}


def _nonempty(optional: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in optional.items() if value}
