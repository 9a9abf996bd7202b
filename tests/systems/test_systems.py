"""The table of systems says what their real clients do here, and no system is missing in it.

`python -m support.systems --update` writes the table, and `nox -s systems` does so in all the
environments that it takes.
"""

from __future__ import annotations

import pytest
from reference_pages import systems as page
from support.served_systems import PORTKEY_TITLE
from support.systems import (
    COLUMNS,
    NONE,
    SYSTEMS,
    YES,
    agents,
    expected,
    here,
    measured,
    version_of,
)

HERE = here()
# What the table has to name: each is part of the name of a row.
NAMES = (
    "Claude API",
    "claude.ai login",
    "Claude Code",
    "Status pages",
    "OpenAI API",
    "ChatGPT and Codex",
    "Gemini",
    "Vertex AI",
    "Meta Llama",
    "Cohere",
    "xAI",
    "Azure OpenAI",
    "Bedrock",
    "vLLM",
    "TGI",
    "OpenRouter",
    "LangChain",
    "LiteLLM",
    "Portkey",
    "Ollama",
)


@pytest.mark.exhaustive(sample=2)
@pytest.mark.parametrize("system", HERE, ids=[system.title for system in HERE])
def test_a_real_client_does_what_its_row_says(system):
    row, seen = expected()[system.title], measured(system)
    if version_of(row)[:1] != version_of(seen)[:1]:
        pytest.skip(f"the row is of {row['client']}, and {seen['client']} is installed")
    assert {column: seen[column] for column in COLUMNS} == {
        column: row[column] for column in COLUMNS
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_system_has_a_row(name):
    assert [title for title in expected() if name in title]


@pytest.mark.parametrize("title", expected())
def test_a_healthy_answer_a_stream_and_a_tool_come_wherever_they_exist(title):
    row = expected()[title]
    assert set(row) == {"client", *COLUMNS}
    assert row["healthy"] == YES
    assert {row["stream"], row["tool"]} <= {YES, NONE}
    assert NONE not in (row["error"], row["cut"], row["stall"])
    assert not [cell for cell in row.values() if "whole" in cell]


def test_every_system_and_every_agent_was_measured():
    titles = {system.title for system in SYSTEMS}
    assert set(expected()) == titles | {PORTKEY_TITLE} | set(agents())


def test_rows_of_agents_are_those_of_their_own_table():
    assert {title: expected()[title] for title in agents()} == agents()


def test_the_page_has_a_line_for_each_row():
    lines = page.render().splitlines()
    for title, row in expected().items():
        name = title.rpartition(": ")[0]
        (line,) = [each for each in lines if each.startswith(f"| {name} | `{row['client']}`")]
        assert line.count("|") == len(COLUMNS) + 3
