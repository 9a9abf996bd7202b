"""The first test of a project: a healthy provider, then each kind of failure in turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from chaos_llm.project.entry_points import Entry, Kind

_HEAD = '''"""What users see when the LLM provider fails. No test here asks a real provider.

The profiles: `chaos-llm profiles`. A page for each test: `pytest --chaos-report outage-report`.
"""

'''
_TESTS = """

def test_a_healthy_provider_answers(chaos):
    {bot}assert {expression}


# Each kind of failure for some minutes. `chaos-llm profiles --provider {provider}` lists recorded
# outages, which can stand here instead of it.
@pytest.mark.chaos("every-failure-in-turn", provider="{provider}")
def test_every_kind_of_failure(chaos):
    {bot}report = chaos.replay({app}, every="30s")
    report.check()  # every check that needs no configuration; each says why it matters
"""
_ROUTE = '''from contextlib import contextmanager

import pytest
from fastapi.testclient import TestClient


@contextmanager
def service():
    """The service as its users see it: it takes a question, and returns the text of the reply.

    It is imported and started inside the test: clients that it makes find a placeholder for a key
    that is not set, and its clock is that of the outage.
    """
    from {module} import {name}

    with TestClient({name}, raise_server_exceptions=False) as client:

        def ask(question):
            reply = client.{method}("{path}", {sent})
            reply.raise_for_status()
            return reply.text

        yield ask


def test_a_healthy_provider_answers(chaos):
    with service() as ask:
        assert ask("Where is my order?")


# Each kind of failure for some minutes. `chaos-llm profiles --provider {provider}` lists recorded
# outages, which can stand here instead of it.
@pytest.mark.chaos("every-failure-in-turn", provider="{provider}")
def test_every_kind_of_failure(chaos):
    with service() as ask:
        report = chaos.replay(ask, every="30s")
    report.check()  # every check that needs no configuration; each says why it matters
'''
_AGENT = """import pytest


def ask(question):
    # Here, not above: a client that it makes then finds a placeholder for a key that is not set.
    from {module} import {name}

    state = {agent}.invoke({{"messages": [("user", question)]}})
    return state["messages"][-1].text
"""
_FUNCTION = """import pytest


{define} ask(question):
    # Here, not above: a client that it makes then finds a placeholder for a key that is not set.
    from {module} import {name}

    return {call}(question)
"""
_METHOD = """import pytest


def bot():
    # Here, not above: a client that it makes then finds a placeholder for a key that is not set.
    {imports}

    return {name}({made_with})
"""
_SCRIPT = """import io
import runpy
import sys
from pathlib import Path

import pytest
from chaos_llm.faults import overloaded, rate_limited, reset_connection, server_error

SCRIPT = Path(__file__).parent{up} / "{file}"
FAULTS = [overloaded(), rate_limited(), reset_connection(), server_error()]


def run_the_script(monkeypatch):
    monkeypatch.setattr(sys, "argv", [str(SCRIPT)])  # add its arguments here
    monkeypatch.setattr(sys, "stdin", io.StringIO("Where is my order?"))  # what it may read
    monkeypatch.syspath_prepend(SCRIPT.parent)
    runpy.run_path(str(SCRIPT), run_name="__main__")


def test_a_healthy_provider_answers(chaos, monkeypatch):
    run_the_script(monkeypatch)
    assert len(chaos.journal), "the script asked no provider"


# A script runs once. With a function that takes a question and returns the answer,
# `chaos.replay(function, every="30s")` plays a whole outage.
@pytest.mark.parametrize("fault", FAULTS, ids=repr)
@pytest.mark.parametrize("times", [1, 5])
def test_the_script_survives(chaos, monkeypatch, fault, times):
    chaos.on("{provider}").inject(fault, times=times)
    run_the_script(monkeypatch)
"""
_NOTHING = '''import pytest


def ask(question):
    """Call your app here: it takes a question, and returns what a user would see."""
    pytest.skip("put a call of your app into `ask`")
'''


def first_test(entry: Entry | None, provider: str) -> str:
    """The text of the test file for a way into the app; without one, a place to put it."""
    if entry is None:
        return _HEAD + _NOTHING + _tests("ask", provider)
    return _HEAD + _WRITERS[entry.kind](entry, provider)


def _tests(app: str, provider: str, bot: str = "", expression: str = "") -> str:
    expression = expression or f'{app}("Where is my order?")'
    return _TESTS.format(app=app, provider=provider, bot=bot, expression=expression)


def _function(entry: Entry, provider: str) -> str:
    define, call = ("async def", f"await {entry.name}") if entry.is_async else ("def", entry.name)
    head = _FUNCTION.format(module=entry.module, name=entry.name, define=define, call=call)
    return _sync_or_async(head, "ask", entry, provider)


def _method(entry: Entry, provider: str) -> str:
    imports = "\n    ".join((*entry.needs, f"from {entry.module} import {entry.name}"))
    head = _METHOD.format(imports=imports, name=entry.name, made_with=entry.made_with)
    return _sync_or_async(head, f"bot().{entry.method}", entry, provider)


def _sync_or_async(head: str, app: str, entry: Entry, provider: str) -> str:
    expression = f'{app}("Where is my order?")'
    if not entry.is_async:
        return head + _tests(app, provider, expression=expression)
    head = f"import asyncio\n\n{head}"
    return head + _tests(app, provider, expression=f"asyncio.run({expression})")


def _route(entry: Entry, provider: str) -> str:
    place = "json" if entry.is_body else "params"
    sent = f'{place}={{"{entry.argument}": question}}'
    return _ROUTE.format(
        module=entry.module,
        name=entry.name,
        method=entry.method,
        path=entry.path,
        sent=sent,
        provider=provider,
    )


def _agent(entry: Entry, provider: str) -> str:
    agent = f"{entry.name}()" if entry.is_call else entry.name
    head = _AGENT.format(module=entry.module, name=entry.name, agent=agent)
    return head + _tests("ask", provider)


def _script(entry: Entry, provider: str) -> str:
    file = f"{entry.module.replace('.', '/')}.py"
    return _SCRIPT.format(file=file, provider=provider, up=".parent")


_WRITERS: Mapping[Kind, Callable[[Entry, str], str]] = MappingProxyType(
    {
        "function": _function,
        "method": _method,
        "route": _route,
        "agent": _agent,
        "script": _script,
    }
)
