"""Systems that are programs of their own, measured in front of our server in real time."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from chaos_llm.faults import Fault, auth_expired, cut_stream, overloaded, stall_mid_stream
from chaos_llm.sdk_matrix.cells import compared, outcome_of, raised
from chaos_llm.sdk_matrix.client import QUESTION, TOOL_USE, Scene
from chaos_llm.sdk_matrix.clients.openai_chat import OpenAIChatClient
from chaos_llm.server.launch.server_handle import ServedOutage, ServerThread
from chaos_llm.server.launch.settings import Settings
from support.gateways import PORTKEY_PACKAGE, portkey_client, portkey_version

PORTKEY_TITLE = f"Portkey: {PORTKEY_PACKAGE}"
_TROUBLE: dict[str, tuple[Fault, str]] = {
    "error": (overloaded(), "plain"),
    "cut": (cut_stream(), "streamed"),
    "stall": (stall_mid_stream(), "streamed"),
    "login": (auth_expired(), "plain"),
}
_PATIENCE = 5.0  # real seconds of the client for a stalled stream
_APP = OpenAIChatClient("portkey", "anthropic", package="openai")


def portkey_row(installed: Path) -> dict[str, str]:
    """The row of Portkey's gateway in front of Anthropic, as OpenAI's SDK sees it."""
    with tempfile.TemporaryDirectory() as folder, ServerThread(Settings()) as server:
        outage = server.hand()
        target = {
            "provider": "anthropic",
            "api_key": "k",
            "custom_host": f"{outage.base_url('anthropic')}/v1",
            "override_params": {"model": "claude-opus-4-6", "max_tokens": 100},
        }
        with portkey_client(installed, target, Path(folder), _PATIENCE) as client:
            row = {"client": f"{PORTKEY_PACKAGE} {portkey_version()}"}
            row["healthy"] = _healthy(outage, lambda s: "".join(_APP.plain(client, s)), QUESTION)
            row["stream"] = _healthy(outage, lambda s: "".join(_APP.streamed(client, s)), QUESTION)
            row["tool"] = _healthy(outage, lambda s: "".join(_APP.plain(client, s)), TOOL_USE)
            for column, (fault, way) in _TROUBLE.items():
                control = outage.on("anthropic").heal().answers(QUESTION.answer).inject(fault)
                row[column] = outcome_of(_APP, client, fault, way, lambda: list(outage.journal))
                control.heal()
    return row


def _healthy(outage: ServedOutage, call: Callable[[Scene], str], scene: Scene) -> str:
    """The word for a whole answer, else what came of it."""
    outage.on("anthropic").answers(scene.answer)
    try:
        text = call(scene)
    except Exception as error:  # it is in the table, then
        return raised(error)
    if scene.tools:
        return "yes" if "pay" in text and "bob" in text else text
    return "yes" if text == scene.whole else compared(text, scene.whole)
