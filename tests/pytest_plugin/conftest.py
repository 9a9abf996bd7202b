"""A suite of its own for every test, in which every warning is an error."""

from __future__ import annotations

import anthropic
import hypothesis  # noqa: F401 - its plugin imports it at the end of each run
import pytest
from support.plugin_suites import BOT, STORM

from chaos_llm import load, outage


@pytest.fixture(scope="module")
def warm():
    """Import what outages need: pytester forgets all that is imported first in a run of its own."""
    with outage(load(STORM)) as chaos:
        chaos.on("anthropic").heal()
        client = anthropic.Anthropic(api_key="sk-test", max_retries=0)
        message = {"role": "user", "content": "hi"}
        client.messages.create(model="claude-opus-4-6", max_tokens=9, messages=[message])
        assert chaos.timeline()


@pytest.fixture(autouse=True)
def suite(warm, pytester, monkeypatch):
    """A suite with a small app, in which every warning is an error."""
    for key in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(key, raising=False)
    pytester.makepyfile(bot=BOT)
    pytester.makeini(
        "[pytest]\nfilterwarnings = error\nxfail_strict = true\n"
        "asyncio_default_fixture_loop_scope = function\n"
    )
    pytester.syspathinsert()
    return pytester


@pytest.fixture
def run(pytester):
    """Write one test file and run it."""

    def write_and_run(text, *args, subprocess=False):
        pytester.makepyfile(test_it=text)
        go = pytester.runpytest_subprocess if subprocess else pytester.runpytest
        return go("-p", "no:randomly", "-p", "no:cacheprovider", *args)

    return write_and_run
