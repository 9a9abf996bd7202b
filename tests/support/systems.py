"""The table of systems: what each does healthy and in an outage, measured with its real client.

    python -m support.systems                           measures those that are installed here
    python -m support.systems --update                  writes them into EXPECTED, too
    python -m support.systems --update --pythons A B    lets other interpreters measure theirs, too
    python -m support.systems --update --portkey        installs Portkey's gateway from npm, too

Coding agents are measured by `python -m support.coding_agents`; their rows are taken from there.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chaos_llm import outage
from chaos_llm.errors import Deadlock, HorizonReached
from chaos_llm.faults import (
    Fault,
    auth_expired,
    cut_stream,
    hang,
    overloaded,
    server_error,
    short_body,
    stall_mid_stream,
)
from chaos_llm.sdk_matrix.cells import compared, outcome_of, raised
from chaos_llm.sdk_matrix.client import QUESTION, TOOL_USE, Client, Scene
from chaos_llm.sdk_matrix.clients import CLIENTS
from chaos_llm.sdk_matrix.clients.openai_chat import OpenAIChatClient
from support import coding_agents
from support.gateways import install_portkey
from support.served_systems import PORTKEY_TITLE, portkey_row
from support.system_clients import (
    CLAUDE,
    LangChainClient,
    LiteLLMClient,
    OpenRouterClient,
    StatusPageClient,
    VertexGrpcClient,
    VertexRestClient,
    XaiClient,
)

EXPECTED = Path(__file__).parents[1] / "systems" / "expected.json"
COLUMNS = ("healthy", "stream", "tool", "error", "cut", "stall", "login")
YES, NONE = "yes", "none"  # there is no such thing in this system
_OF_VERTEXAI = " with UserWarning"  # which says in each call that this module is to be removed
FOR_EVER = "waits for ever"  # for weeks, at least
Row = dict[str, str]


@dataclass(frozen=True)
class System:
    """A system by the name that its users know, and a client of it."""

    name: str
    client: Client
    surface: str = "api"
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The key of its row."""
        return f"{self.name}: {self.client.package}"


_OF_THE_MATRIX = {client.name: client for client in CLIENTS}
_VLLM, _TGI = "http://vllm.example:8000/v1", "http://tgi.example:8080/v1"
SYSTEMS = (
    System("Claude API", _OF_THE_MATRIX["anthropic"]),
    System(
        "Status pages",
        StatusPageClient(
            "status page",
            "anthropic",
            package="httpx2",
            url="https://status.claude.com/api/v2/summary.json",
        ),
        surface="page",
    ),
    System("OpenAI API, Chat Completions", _OF_THE_MATRIX["openai-chat"]),
    System("OpenAI API, Responses", _OF_THE_MATRIX["openai-responses"]),
    System("Gemini", _OF_THE_MATRIX["gemini"]),
    System("Vertex AI, gRPC", VertexGrpcClient("v", "vertex", package="google-cloud-aiplatform")),
    System("Vertex AI, REST", VertexRestClient("vr", "vertex", package="google-genai")),
    System("Claude on Vertex AI", _OF_THE_MATRIX["anthropic-vertex"]),
    System("Meta Llama", _OF_THE_MATRIX["meta-llama"]),
    System("Cohere", _OF_THE_MATRIX["cohere"]),
    System("xAI, gRPC", XaiClient("xai", "xai", package="xai-sdk")),
    System("xAI, REST", _OF_THE_MATRIX["openai-xai"]),
    System("Azure OpenAI", _OF_THE_MATRIX["openai-azure"]),
    System("Bedrock", _OF_THE_MATRIX["bedrock"]),
    System("Mistral", _OF_THE_MATRIX["mistral"]),
    System("Groq", _OF_THE_MATRIX["groq"]),
    System("Together", _OF_THE_MATRIX["together"]),
    System("DeepSeek", _OF_THE_MATRIX["openai-deepseek"]),
    System(
        "vLLM",
        OpenAIChatClient("vllm", "vllm", package="openai", address=_VLLM),
        environ={"VLLM_BASE_URL": _VLLM},
    ),
    System(
        "TGI",
        OpenAIChatClient("tgi", "tgi", package="openai", address=_TGI),
        environ={"TGI_BASE_URL": _TGI},
    ),
    System("OpenRouter", OpenRouterClient("or", "openrouter", package="openrouter")),
    System(
        "LangChain, Claude",
        LangChainClient(
            "lc-a",
            "anthropic",
            package="langchain-anthropic",
            module_name="langchain_anthropic",
            maker="ChatAnthropic",
            model=CLAUDE,
        ),
    ),
    System("LangChain, GPT", LangChainClient("lc-o", "openai", package="langchain-openai")),
    System(
        "LiteLLM",
        LiteLLMClient("litellm", "anthropic", package="litellm"),
        environ={"LITELLM_LOCAL_MODEL_COST_MAP": "True"},
    ),
    System("Ollama", _OF_THE_MATRIX["ollama"]),
)


def here() -> list[System]:
    """The systems whose clients are installed in this environment."""
    return [system for system in SYSTEMS if not system.client.missing]


def measured(system: System) -> Row:
    """The row of a system."""
    on_page = system.surface == "page"
    faults = {
        "error": (server_error(503) if on_page else overloaded(), "plain"),
        "cut": (short_body(), "plain") if on_page else (cut_stream(), "streamed"),
        "stall": (hang(), "plain") if on_page else (stall_mid_stream(), "streamed"),
        "login": (auth_expired(), "plain"),
    }
    row = {
        "client": f"{system.client.package} {system.client.version}",
        "healthy": _healthy(system, "plain", QUESTION),
        "stream": NONE if on_page else _healthy(system, "streamed", QUESTION),
        "tool": NONE if on_page else _healthy(system, "plain", TOOL_USE),
    }
    for column, (fault, way) in faults.items():
        row[column] = NONE if on_page and column == "login" else _in_trouble(system, fault, way)
    return row


@contextmanager
def _running(system: System) -> Iterator[Any]:
    """An outage with this system's addresses."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of an SDK about its age; of a fault about itself
        before = dict(os.environ)
        os.environ.update(system.environ)
        try:
            with outage() as chaos:
                yield chaos
        finally:
            os.environ.clear()
            os.environ.update(before)


def _healthy(system: System, way: str, scene: Scene) -> str:
    """YES where the whole answer was read, else what came of it."""
    client = system.client
    with _running(system) as chaos:
        chaos.on(client.provider).answers(scene.answer)
        try:
            text = "".join(getattr(client, way)(client.new_client(), scene))
        except Exception as error:  # it is in the table, then
            return raised(error)
    if system.surface == "page" and text:
        return YES
    if scene.tools:  # the order and the types of arguments are the SDK's
        return YES if {"pay", "bob"} <= set(text.replace('"', " ").split()) else text
    return YES if text == scene.whole else compared(text, scene.whole)


def _in_trouble(system: System, fault: Fault, way: str) -> str:
    """What the client raised, and how much of the answer it had read by then."""
    client = system.client
    try:
        with _running(system) as chaos:
            chaos.on(client.provider, surface=system.surface).inject(fault)
            chaos.on(client.provider).answers(QUESTION.answer)
            said = outcome_of(client, client.new_client(), fault, way, lambda: chaos.journal)
        return said.replace(_OF_VERTEXAI, "")
    except (Deadlock, HorizonReached):
        return FOR_EVER


# What the rows of coding agents are called in the table.
AGENTS = {
    "Claude Code": "Claude Code, API key",
    "claude.ai login": "Claude Code, claude.ai",
    "OpenAI API, Codex": "Codex, API key",
    "ChatGPT and Codex": "Codex, ChatGPT",
    "Gemini CLI": "Gemini CLI, API key",
    "OpenCode": "OpenCode, API key",
    "Aider": "Aider, API key",
}
_OUTAGES = {"error": "overloaded for good", "cut": "stream cut once", "stall": "stream stalls"}
_OF_LOGINS = "token expired, invalid_grant"


def agents() -> dict[str, Row]:
    """The rows of coding agents; a healthy turn is a stream with the call of a tool."""
    rows = {}
    for name, agent in AGENTS.items():
        seen = coding_agents.expected()[agent]
        known = coding_agents.AGENTS[agent]
        scenarios, package = seen["scenarios"], known.package
        row = {"client": f"{package} {seen['version']}"}
        row |= dict.fromkeys(("healthy", "stream"), _turn(scenarios["healthy"]))
        row["tool"] = _tool(scenarios["healthy"]) if known.calls_tools else NONE
        row |= {column: _end(scenarios[each]) for column, each in _OUTAGES.items()}
        row["login"] = _end(scenarios[_OF_LOGINS]) if _OF_LOGINS in scenarios else NONE
        rows[f"{name}: {package}"] = row
    return rows


def _turn(seen: Mapping[str, Any]) -> str:
    """YES for a turn that ended with the answer, which agents read as a stream."""
    return YES if seen["ends"] == coding_agents.ANSWERS else str(seen["ends"])


def _tool(seen: Mapping[str, Any]) -> str:
    """YES where a request with a tool's result followed the first one."""
    return YES if seen["requests"] > 1 else "not called"


def _end(seen: Mapping[str, Any]) -> str:
    if seen["ends"] == coding_agents.GIVES_UP:
        return f"gives up: {seen['says']}"
    if seen["ends"] == coding_agents.GOES_ON:
        return f"goes on after {seen['seconds']:.0f} s"
    return str(seen["ends"])


def expected() -> dict[str, Row]:
    """What was measured, by the titles of systems."""
    rows: dict[str, Row] = json.loads(EXPECTED.read_text(encoding="utf-8"))
    return rows


def version_of(row: Row) -> tuple[int, ...]:
    """The version of the client that a row was measured with."""
    parts = row["client"].rpartition(" ")[2].split(".")
    return tuple(int(part) for part in parts if part.isdecimal())


def update(rows: Mapping[str, Row]) -> None:
    """Write rows in the table's order, and keep those that other environments have measured.

    Of two rows of a system, that of the newer client counts.
    """
    known = (expected() if EXPECTED.exists() else {}) | agents()
    for title, row in rows.items():
        if title not in known or version_of(row) >= version_of(known[title]):
            known[title] = row
    titles = [*(system.title for system in SYSTEMS), PORTKEY_TITLE, *agents()]
    ordered = {title: known[title] for title in titles if title in known}
    EXPECTED.parent.mkdir(exist_ok=True)
    EXPECTED.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what is installed here, then what is installed elsewhere."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--system", default="", help="only those with this in their names")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--portkey", action="store_true")
    parser.add_argument("--pythons", nargs="*", default=[], metavar="PYTHON")
    options = parser.parse_args(arguments)
    rows = {each.title: measured(each) for each in here() if options.system in each.title}
    if options.portkey:
        with tempfile.TemporaryDirectory() as folder:
            rows[PORTKEY_TITLE] = portkey_row(install_portkey(Path(folder)))
    print(json.dumps(rows, indent=1), flush=True)
    if options.update:
        update(rows)
    more = ["--system", options.system, *(["--update"] if options.update else [])]
    for python in options.pythons:
        subprocess.run([python, "-m", "support.systems", *more], check=True)


if __name__ == "__main__":
    main()
