"""CPU time and memory of `chaos-llm import` for a long log of each text format.

    python benchmarks/importing.py [--lines 1000000] [--formats nginx,litellm] [--fail-above 8,500]

A log is written with as many calls of one day, among them two hours of failures; then the command
reads it in a process of its own. What is measured are the CPU seconds of that process, imports and
the draft included, and its largest resident size, as the kernel counts both. As machines differ,
they are compared with the CPU seconds in which this process writes a recording of as many calls.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

_DAY = 86_400
_STARTS = datetime(2026, 5, 4, tzinfo=UTC).timestamp()
_OUTAGE = (8 * 3600, 10 * 3600)
_MODELS = ("claude-sonnet-5-5", "claude-opus-4-6", "claude-haiku-4-5")
_HOST, _PATH = "api.anthropic.com", "/v1/messages"
_ERROR = 'AnthropicError - {"type":"error","error":{"type":"overloaded_error"}}'


class Call(NamedTuple):
    """What a line is made of."""

    at: float
    seconds: float
    status: int
    model: str
    client: str
    number: int

    @property
    def failed(self) -> bool:
        return self.status != 200


def calls(count: int) -> Iterator[Call]:
    """The calls of a day, each with times and a client of its own."""
    rng = random.Random(1)
    for number in range(count):
        second = _DAY * number / count
        failed = _OUTAGE[0] <= second < _OUTAGE[1] and rng.random() < 0.6
        status = rng.choice((529, 500)) if failed else 200
        seconds = rng.uniform(0.05, 0.3) if failed else rng.lognormvariate(0.5, 0.4)
        model = _MODELS[number % 3]
        yield Call(_STARTS + second, seconds, status, model, f"u{rng.randrange(5000)}", number)


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")


def _recording(call: Call) -> str:
    record = {
        "at": _iso(call.at),
        "end": "complete",
        "provider": "anthropic",
        "model": call.model,
        "host": _HOST,
        "path": _PATH,
        "status": call.status,
        "stream": not call.failed,
        "first_byte": round(call.seconds / 5, 6),
        "seconds": round(call.seconds, 6),
        "client": f"{call.client}-0123456789abcdef",
        "credential": "k-0123456789abcdef",
    }
    if call.failed:
        record |= {"error_type": "overloaded_error", "error_message": "Overloaded"}
        record |= {"body": '{"type":"error","error":{"type":"overloaded_error"}}'}
    else:
        record |= {"first_token": round(call.seconds / 4, 6), "token": 0.021}
        record |= {"chunks": [[round(0.1 * n, 3), 180] for n in range(12)]}
    return json.dumps(record)


def _nginx(call: Call) -> str:
    took = f"{call.seconds:.3f}"
    record = {
        "time_iso8601": _iso(call.at + call.seconds),
        "remote_addr": "10.0.3.17",
        "host": _HOST,
        "request": f"POST {_PATH} HTTP/1.1",
        "status": call.status,
        "request_time": float(took),
        "upstream_addr": "192.0.2.10:443",
        "upstream_status": str(call.status),
        "upstream_connect_time": "0.004",
        "upstream_header_time": f"{call.seconds / 5:.3f}",
        "upstream_response_time": took,
        "bytes_sent": 2470,
        "http_user_agent": "Anthropic/Python 0.71.0",
        "request_id": f"{call.number:032x}",
        "user": call.client,
    }
    return json.dumps(record)


def _envoy(call: Call) -> str:
    record = {
        "start_time": _iso(call.at),
        "method": "POST",
        "path": _PATH,
        "protocol": "HTTP/2",
        "response_code": call.status,
        "response_flags": "-",
        "bytes_received": 812,
        "bytes_sent": 2470,
        "duration": int(1000 * call.seconds),
        "authority": _HOST,
        "upstream_host": "192.0.2.10:443",
        "upstream_cluster": "outbound|443||" + _HOST,
        "x_request_id": f"{call.number:032x}",
        "user_agent": "Anthropic/Python 0.71.0",
    }
    return json.dumps(record)


def _litellm(call: Call) -> str:
    until = call.at + call.seconds
    record: dict[str, Any] = {
        "id": f"chatcmpl-{call.number:032x}",
        "call_type": "acompletion",
        "stream": True,
        "status": "failure" if call.failed else "success",
        "model": call.model,
        "startTime": call.at,
        "endTime": until,
        "custom_llm_provider": "anthropic",
        "completionStartTime": call.at + call.seconds / 4,
        "response_time": call.seconds,
        "api_base": f"https://{_HOST}{_PATH}",
        "end_user": call.client,
        "cache_hit": False,
        "prompt_tokens": 120,
        "completion_tokens": 70,
        "total_tokens": 190,
        "response_cost": 0.0021,
        "requester_ip_address": "10.0.3.17",
        "error_str": None,
        "metadata": {"user_api_key_hash": f"{call.number % 40:064x}", "user_api_key_alias": "bot"},
        "messages": [{"role": "user", "content": "Where is my order KX-48213? " * 8}],
        "response": {"choices": [{"message": {"content": "It left on Monday. " * 12}}]},
        "error_information": None,
    }
    if call.failed:
        known = {"error_code": str(call.status), "error_class": "InternalServerError"}
        record["error_information"] = {**known, "llm_provider": "anthropic"}
        record["error_information"]["error_message"] = record["error_str"] = _ERROR
    return json.dumps(record)


def _access(call: Call) -> str:
    line = f'10.0.3.17 - - [{_clock(call.at + call.seconds)}] "POST {_PATH} HTTP/1.1" {call.status}'
    return f'{line} 2470 "-" "Anthropic/Python 0.71.0" {call.seconds:.3f}'


def _csv(call: Call) -> str:
    milliseconds = 1000 * call.seconds
    return f"{_iso(call.at)},anthropic,{call.model},{call.status},{milliseconds:.1f},{call.client}"


def _otlp(call: Call) -> str:
    texts = {
        "gen_ai.provider.name": "anthropic",
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": call.model,
        "server.address": _HOST,
        "user.id": call.client,
    }
    attributes = [{"key": name, "value": {"stringValue": text}} for name, text in texts.items()]
    if call.failed:
        attributes.append({"key": "error.type", "value": {"stringValue": str(call.status)}})
    span = {
        "traceId": f"{call.number:032x}",
        "spanId": f"{call.number:016x}",
        "kind": 3,
        "name": f"chat {call.model}",
        "startTimeUnixNano": str(int(1e9 * call.at)),
        "endTimeUnixNano": str(int(1e9 * (call.at + call.seconds))),
        "attributes": attributes,
        "status": {"code": 2, "message": "Overloaded"} if call.failed else {},
    }
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]})


def _portkey(call: Call) -> str:
    record = {
        "id": f"{call.number:032x}",
        "created_at": _iso(call.at),
        "ai_org": "anthropic",
        "ai_model": call.model,
        "response_status_code": call.status,
        "cost": 0.21,
        "response_time": round(1000 * call.seconds),
        "is_success": not call.failed,
        "request_url": f"https://{_HOST}{_PATH}",
        "metadata": {"_user": call.client},
    }
    return json.dumps(record)


def _helicone(call: Call) -> str:
    record = {
        "request_id": f"{call.number:032x}",
        "request_created_at": _iso(call.at),
        "response_status": call.status,
        "request_model": call.model,
        "provider": "ANTHROPIC",
        "delay_ms": round(1000 * call.seconds),
        "request_user_id": call.client,
        "request_path": f"https://{_HOST}{_PATH}",
        "cache_reference_id": None,
    }
    return json.dumps(record)


def _langfuse(call: Call) -> str:
    record = {
        "id": f"{call.number:032x}",
        "traceId": f"{call.number:032x}",
        "type": "GENERATION",
        "startTime": _iso(call.at),
        "endTime": _iso(call.at + call.seconds),
        "model": call.model,
        "level": "ERROR" if call.failed else "DEFAULT",
        "statusMessage": _ERROR if call.failed else None,
        "userId": call.client,
    }
    return json.dumps(record)


LINES: dict[str, tuple[Callable[[Call], str], str]] = {  # a line of a call, and the first line
    "recording": (_recording, ""),
    "nginx": (_nginx, ""),
    "envoy": (_envoy, ""),
    "litellm": (_litellm, ""),
    "access": (_access, ""),
    "csv": (_csv, "when,vendor,model,code,latency_ms,user"),
    "otlp": (_otlp, ""),
    "portkey": (_portkey, ""),
    "helicone": (_helicone, ""),
    "langfuse": (_langfuse, ""),
}


def write(path: Path, name: str, count: int) -> None:
    """Write a log of a format."""
    line_of, first = LINES[name]
    with path.open("w", encoding="utf-8") as file:
        file.write(f"{first}\n" if first else "")
        file.writelines(f"{line_of(call)}\n" for call in calls(count))


def measured(path: Path, out: Path) -> tuple[float, float, str]:
    """CPU seconds and megabytes of one import, and what it printed."""
    command = [sys.executable, "-m", "chaos_llm", "import", str(path), "-o", str(out), "--force"]
    printed = out.with_suffix(".txt")
    to_file = (os.POSIX_SPAWN_OPEN, 1, printed, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    pid = os.posix_spawn(
        sys.executable, [*command, "--provider", "anthropic"], os.environ, file_actions=[to_file]
    )
    _, status, used = os.wait4(pid, 0)
    said = printed.read_text(encoding="utf-8")
    assert os.waitstatus_to_exitcode(status) == 0, said
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, said


def main() -> int:
    """Print what an import of each format takes; 1 if one takes more than allowed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--formats", default=",".join(LINES))
    parser.add_argument("--fail-above", metavar="TIMES,MEGABYTES", default="inf,inf")
    options = parser.parse_args()
    most_times, most_size = map(float, options.fail_above.split(","))
    too_much = False
    with tempfile.TemporaryDirectory() as folder:
        begins = time.process_time()
        anchor_file = Path(folder, "anchor.log")
        write(anchor_file, "recording", options.lines)
        anchor = time.process_time() - begins
        anchor_file.unlink()
        for name in options.formats.split(","):
            path = Path(folder, f"calls.{'csv' if name == 'csv' else 'log'}")
            write(path, name, options.lines)
            size = path.stat().st_size / 1e6
            seconds, used, said = measured(path, Path(folder, "profile.toml"))
            path.unlink()
            too_much |= seconds / anchor > most_times or used > most_size
            windows = said.count("% of ") or said.count(" of ")
            print(
                f"{name:>10}: {options.lines:,} lines, {size:6.0f} MB: {seconds:6.1f} CPU s, "
                f"{seconds / anchor:.1f} times what writing a recording takes, "
                f"{used:4.0f} MB at most, {windows} windows",
                flush=True,
            )
    return int(too_much)


if __name__ == "__main__":
    raise SystemExit(main())
