"""A made-up morning: an hour of calls with an outage whose truth is known, for each format."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import yaml

STARTS = datetime(2026, 5, 4, 8, tzinfo=UTC).timestamp()
PLANTED = "PLANTED-SECRET"
PROMPT = "a question of a customer, private"
USERS = 7


@dataclass
class Call:
    at: float
    status: int
    seconds: float
    user: str
    model: str = "claude-sonnet-5-5"


def calls(seed: int = 1, every: float = 5.0, hours: float = 1.0) -> list[Call]:
    """08:10 to 08:25: a share of 0.9 fails, 529 to 500 as 6 to 4; 08:30 to 08:35: 0.4 of 529."""
    rng = random.Random(seed)
    made = []
    for number in range(int(hours * 3600 / every)):
        at = number * every + rng.random()
        minute, status = at / 60, 200
        if 10 <= minute < 25 and rng.random() < 0.9:
            status = 529 if rng.random() < 0.6 else 500
        elif 30 <= minute < 35 and rng.random() < 0.4:
            status = 529
        seconds = rng.lognormvariate(0.3, 0.3) if status == 200 else 0.3
        made.append(Call(STARTS + at, status, seconds, f"u{number % USERS}"))
    return made


def iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


ERRORS = {529: ("overloaded_error", "Overloaded"), 500: ("api_error", "Internal server error")}
URL = "https://api.anthropic.com/v1/messages"


def asked(call: Call) -> str:
    return json.dumps(
        {
            "model": call.model,
            "max_tokens": 100,
            "messages": [{"role": "user", "content": PROMPT}],
            "metadata": {"user_id": call.user},
        }
    )


def body(call: Call) -> str:
    if call.status == 200:
        text = [{"type": "text", "text": f"An answer to {PROMPT}"}]
        return json.dumps({"id": "msg_1", "type": "message", "content": text})
    kind, message = ERRORS[call.status]
    error = {"type": kind, "message": f"{message}"}
    return json.dumps({"type": "error", "error": error, "request_id": "req_1"})


def har(made: list[Call]) -> str:
    secret = [
        {"name": "x-api-key", "value": f"sk-ant-{PLANTED}"},
        {"name": "Cookie", "value": f"session={PLANTED}"},
        {"name": "Authorization", "value": f"Bearer {PLANTED}"},
    ]
    entries = [
        {
            "startedDateTime": iso(c.at),
            "time": c.seconds * 1000,
            "request": {
                "method": "POST",
                "url": f"{URL}?key={PLANTED}",
                "headers": secret,
                "postData": {"mimeType": "application/json", "text": asked(c)},
            },
            "response": {
                "status": c.status,
                "headers": [
                    {"name": "content-type", "value": "application/json"},
                    {"name": "set-cookie", "value": f"session={PLANTED}"},
                ],
                "content": {"mimeType": "application/json", "text": body(c)},
            },
            "timings": {"send": 1, "wait": c.seconds * 1000 - 2, "receive": 1},
        }
        for c in made
    ]
    return json.dumps({"log": {"version": "1.2", "creator": {"name": "made"}, "entries": entries}})


def polly(made: list[Call]) -> str:
    document = json.loads(har(made))
    document["log"] |= {"_recordingName": "a test", "creator": {"name": "Polly.JS"}}
    for number, entry in enumerate(document["log"]["entries"]):
        entry |= {"_id": f"{number:032x}", "_order": 0}
    return json.dumps(document, indent=2)


def _interactions(made: list[Call]) -> list[dict[str, Any]]:
    return [
        {
            "request": {
                "body": asked(c),
                "headers": {"authorization": [f"Bearer {PLANTED}"], "cookie": [f"id={PLANTED}"]},
                "method": "POST",
                "uri": URL,
            },
            "response": {
                "body": {"string": body(c)},
                "headers": {"content-type": ["application/json"], "date": [http_date(c.at)]},
                "status": {"code": c.status, "message": ""},
            },
        }
        for c in made
    ]


def vcrpy_yaml(made: list[Call]) -> str:
    return yaml.safe_dump({"interactions": _interactions(made), "version": 1})


def vcrpy_json(made: list[Call]) -> str:
    return json.dumps({"version": 1, "interactions": _interactions(made)})


def go_vcr(made: list[Call]) -> str:
    interactions = [
        {
            "id": number,
            "request": {
                "body": asked(c),
                "headers": {"X-Api-Key": [PLANTED]},
                "url": URL,
                "method": "POST",
            },
            "response": {
                "body": body(c),
                "headers": {"Content-Type": ["application/json"], "Date": [http_date(c.at)]},
                "status": f"{c.status} Some Words",
                "code": c.status,
                "duration": f"{c.seconds * 1000:.6f}ms",
            },
        }
        for number, c in enumerate(made)
    ]
    return yaml.safe_dump({"version": 2, "interactions": interactions})


def http_date(at: float) -> str:
    return format_datetime(datetime.fromtimestamp(at, UTC), usegmt=True)


def _span(call: Call) -> dict[str, Any]:
    attributes = {
        "gen_ai.provider.name": "anthropic",
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": call.model,
        "gen_ai.input.messages": PROMPT,
        "enduser.id": call.user,
    }
    pairs = [{"key": k, "value": {"stringValue": v}} for k, v in attributes.items()]
    status = {"key": "http.response.status_code", "value": {"intValue": str(call.status)}}
    return {
        "name": f"chat {call.model}",
        "startTimeUnixNano": str(int(call.at * 1e9)),
        "endTimeUnixNano": str(int((call.at + call.seconds) * 1e9)),
        "attributes": [*pairs, status],
        "status": {"code": 1 if call.status == 200 else 2},
    }


def otlp(made: list[Call]) -> str:
    spans = [_span(c) for c in made]
    return json.dumps({"resourceSpans": [{"resource": {}, "scopeSpans": [{"spans": spans}]}]})


def otlp_lines(made: list[Call]) -> str:
    return "".join(otlp(made[n : n + 50]) + "\n" for n in range(0, len(made), 50))


def litellm(made: list[Call]) -> str:
    return lines(
        {
            "startTime": iso(c.at),
            "endTime": iso(c.at + c.seconds),
            "model": c.model,
            "custom_llm_provider": "anthropic",
            "call_type": "acompletion",
            "status": "success" if c.status == 200 else "failure",
            "error_information": None
            if c.status == 200
            else {"error_code": str(c.status), "error_message": body(c)},
            "api_key": PLANTED,
            "end_user": c.user,
            "messages": [{"role": "user", "content": PROMPT}],
        }
        for c in made
    )


def portkey(made: list[Call]) -> str:
    return lines(
        {
            "id": f"{n}",
            "created_at": iso(c.at),
            "ai_org": "anthropic",
            "ai_model": c.model,
            "request_url": URL,
            "request": {"headers": {"x-api-key": PLANTED}, "body": json.loads(asked(c))},
            "response": json.loads(body(c)),
            "response_status_code": c.status,
            "response_time": c.seconds * 1000,
            "metadata": {"_user": c.user},
        }
        for n, c in enumerate(made)
    )


def helicone(made: list[Call]) -> str:
    rows = [
        {
            "request_id": f"{n}",
            "request_created_at": iso(c.at),
            "request_path": URL,
            "request_model": c.model,
            "request_user_id": c.user,
            "request_body": json.loads(asked(c)),
            "response_body": json.loads(body(c)),
            "response_status": c.status,
            "provider": "ANTHROPIC",
            "delay_ms": c.seconds * 1000,
            "request_properties": {"Helicone-Auth": PLANTED},
        }
        for n, c in enumerate(made)
    ]
    return json.dumps({"data": rows, "error": None})


def langfuse(made: list[Call]) -> str:
    rows = [
        {
            "id": f"{n}",
            "traceId": f"t{n}",
            "type": "GENERATION",
            "startTime": iso(c.at),
            "endTime": iso(c.at + c.seconds),
            "model": c.model,
            "input": PROMPT,
            "level": "DEFAULT" if c.status == 200 else "ERROR",
            "statusMessage": None if c.status == 200 else f"Error code: {c.status} - {body(c)}",
        }
        for n, c in enumerate(made)
    ]
    return json.dumps({"data": rows, "meta": {}})


def nginx(made: list[Call]) -> str:
    """As nginx writes it: `time_iso8601` is when the call ended, and retries have a comma."""
    return lines(
        {
            "time_iso8601": datetime.fromtimestamp(c.at + c.seconds, UTC).isoformat(),
            "host": "llm-gateway.internal.example",
            "request": f"POST /anthropic/v1/messages?key={PLANTED} HTTP/1.1",
            "status": c.status,
            "request_time": round(c.seconds, 3),
            "upstream_status": f"{c.status}",
        }
        for c in made
    )


def envoy(made: list[Call]) -> str:
    return lines(
        {
            "start_time": iso(c.at),
            "method": "POST",
            "path": "/v1/messages",
            "protocol": "HTTP/1.1",
            "response_code": c.status,
            "response_flags": "-",
            "duration": int(c.seconds * 1000),
            "authority": "api.anthropic.com",
            "user_agent": PLANTED,
        }
        for c in made
    )


def table(made: list[Call]) -> str:
    rows = (f"{iso(c.at)},anthropic,{c.status},{c.seconds * 1000:.1f},{c.user}" for c in made)
    return "\n".join(["when,vendor,code,latency_ms,user", *rows, ""])


def lines(rows: Iterable[dict[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


FORMATS: dict[str, tuple[str, Callable[[list[Call]], str]]] = {
    "har": ("calls.har", har),
    "har of Polly.JS": ("recording.har", polly),
    "cassette of vcrpy": ("cassette.yaml", vcrpy_yaml),
    "cassette of vcrpy as JSON": ("cassette.json", vcrpy_json),
    "cassette of go-vcr": ("go.yaml", go_vcr),
    "otlp": ("spans.json", otlp),
    "otlp of the collector's file exporter": ("spans.jsonl", otlp_lines),
    "litellm": ("litellm.jsonl", litellm),
    "portkey": ("portkey.jsonl", portkey),
    "helicone": ("helicone.json", helicone),
    "langfuse": ("langfuse.json", langfuse),
    "columns of nginx": ("access.jsonl", nginx),
    "columns of Envoy": ("envoy.jsonl", envoy),
    "columns of a CSV": ("calls.csv", table),
}


def statuspage() -> dict[str, Any]:
    def post(minute: int, status: str, text: str) -> dict[str, Any]:
        at = iso(STARTS + 60 * minute)
        return {"id": f"p{minute}", "status": status, "body": text, "created_at": at}

    return {
        "page": {"name": "Claude", "url": "https://status.claude.com"},
        "incidents": [
            {
                "id": "i1",
                "name": "Elevated errors",
                "impact": "major",
                "components": [{"id": "c", "name": "api.anthropic.com"}],
                "incident_updates": [
                    post(44, "resolved", "This incident has been resolved."),
                    post(17, "investigating", "We are investigating elevated errors."),
                ],
            }
        ],
    }


def incident_io() -> dict[str, Any]:
    return {
        "incidents": [
            {
                "id": "01J",
                "name": "Elevated errors",
                "status": "resolved",
                "affected_components": [{"component_id": "c", "name": "API"}],
                "updates": [
                    {
                        "id": "u2",
                        "to_status": "resolved",
                        "message_string": "All is well again.",
                        "published_at": iso(STARTS + 60 * 44),
                    },
                    {
                        "id": "u1",
                        "to_status": "investigating",
                        "message_string": "We look into it.",
                        "published_at": iso(STARTS + 60 * 17),
                    },
                ],
            }
        ]
    }
