"""Gateways in front of our server: a bad day reaches the app behind them, their ways out show.

They are large, so that they have a lane of their own: `nox -s gateways`.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import openai
import pytest
from support.gateways import install_portkey, portkey_client, running
from support.real_servers import free_port
from support.served_systems import PORTKEY_TITLE, portkey_row
from support.systems import expected

from chaos_llm.faults import cut_stream, overloaded, server_error

STORM = "anthropic-529-storm"
MASTER_KEY = "sk-of-the-gateway-0123456789abcdef"
ASKED = {
    "max_completion_tokens": 2000,
    "messages": [{"role": "user", "content": "Where is order KX-48213?"}],
}
LITELLM = """
model_list:
  - model_name: bot
    litellm_params:
      model: anthropic/claude-opus-4-6
      api_base: os.environ/ANTHROPIC_BASE_URL
      api_key: os.environ/ANTHROPIC_API_KEY
  - model_name: backup
    litellm_params:
      model: openai/gpt-5.2
      api_base: os.environ/OPENAI_BASE_URL
      api_key: os.environ/OPENAI_API_KEY
router_settings:
  num_retries: 1
  fallbacks: [{bot: [backup]}]
"""
pytestmark = [
    pytest.mark.skipif("NO_LIBRARY_IS_ABSENT" not in os.environ, reason="the lane has gateways"),
    pytest.mark.timeout(600),
]


@pytest.fixture
def litellm(chaos_server, tmp_path):
    """LiteLLM's proxy: a retry, then another model."""
    beside = str(Path(sys.executable).parent)
    program = shutil.which("litellm", path=os.pathsep.join((beside, os.environ["PATH"])))
    assert program, "the lane installs litellm[proxy]"
    config, port = tmp_path / "litellm.yaml", free_port()
    config.write_text(LITELLM, encoding="utf-8")
    command = [program, "--config", str(config), "--host", "127.0.0.1", "--port", str(port)]
    env = chaos_server.env | {
        "LITELLM_MASTER_KEY": MASTER_KEY,
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }
    with (
        running([*command, "--telemetry", "False"], port, tmp_path / "log", env, tmp_path),
        openai.OpenAI(
            base_url=f"http://127.0.0.1:{port}/v1", api_key=MASTER_KEY, max_retries=0
        ) as client,
    ):
        yield client


@pytest.fixture(scope="session")
def installed_portkey(tmp_path_factory):
    return install_portkey(tmp_path_factory.mktemp("portkey"))


@pytest.fixture
def portkey(chaos_server, installed_portkey, tmp_path):
    """Portkey's gateway: the same ways out, told by a header."""
    config = {
        "strategy": {"mode": "fallback"},
        "targets": [
            {
                "provider": "anthropic",
                "api_key": "k",
                "custom_host": f"{chaos_server.base_url('anthropic')}/v1",
                "retry": {"attempts": 1, "on_status_codes": [429, 529]},
                "override_params": {"model": "claude-opus-4-6"},
            },
            {
                "provider": "openai",
                "api_key": "k",
                "custom_host": chaos_server.env["OPENAI_BASE_URL"],
                "override_params": {"model": "gpt-5.2"},
            },
        ],
    }
    with portkey_client(installed_portkey, config, tmp_path) as client:
        yield client


@pytest.fixture(params=["litellm", "portkey"])
def gateway(request):
    return request.getfixturevalue(request.param)


def answer(client, **more):
    return client.chat.completions.create(model="bot", **ASKED, **more).choices[0].message.content


def chats(server):
    """The requests for an answer; gateways look at models, too."""
    met = [each for each in server.journal if each.path.endswith(("/messages", "/completions"))]
    return [(each.provider, each.status) for each in met]


@pytest.mark.chaos(STORM)
def test_a_bad_day_reaches_the_gateway_and_the_app_is_answered_by_the_fallback(
    gateway, chaos_server
):
    assert "KX-48213" in answer(gateway)
    assert chats(chaos_server) == [("anthropic", 529), ("anthropic", 529), ("openai", 200)]
    chaos_server.advance("10m")  # the burst is over
    assert "KX-48213" in answer(gateway)
    assert chats(chaos_server)[3:] == [("anthropic", 200)]


def test_a_retry_of_the_gateway_saves_the_answer(gateway, chaos_server):
    chaos_server.on("anthropic").inject(overloaded(), times=1)
    assert "KX-48213" in answer(gateway)
    assert chats(chaos_server) == [("anthropic", 529), ("anthropic", 200)]


def test_the_app_gets_the_error_where_every_way_out_is_closed(gateway, chaos_server):
    for provider in ("anthropic", "openai"):
        chaos_server.on(provider).inject(server_error())
    with pytest.raises(openai.InternalServerError):
        answer(gateway)
    assert {("anthropic", 500), ("openai", 500)} == set(chats(chaos_server))


def test_a_stream_goes_through_and_one_that_breaks_off_is_seen_in_the_journal(
    gateway, chaos_server
):
    def streamed():
        chunks = gateway.chat.completions.create(model="bot", stream=True, **ASKED)
        return "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)

    assert "KX-48213" in streamed()
    before = len(chats(chaos_server))
    chaos_server.on("anthropic").inject(cut_stream(after=0.5))
    try:
        text = streamed()
    except openai.APIError:
        text = ""
    broken = [each for each in chaos_server.journal if each.end == "closed"]
    assert [each.provider for each in broken[:1]] == ["anthropic"]
    rescued = ("openai", 200) in chats(chaos_server)[before:]
    assert rescued or "Reference" not in text


def test_portkeys_gateway_does_what_its_row_in_the_table_of_systems_says(installed_portkey):
    assert portkey_row(installed_portkey) == expected()[PORTKEY_TITLE]
