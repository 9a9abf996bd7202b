"""The lanes that need an environment of their own; `.ci/run` has the others."""

from __future__ import annotations

import nox

PROJECT = nox.project.load_toml("pyproject.toml")["project"]
TEST_TOOLS = [
    requirement
    for requirement in PROJECT["optional-dependencies"]["test"]
    if not requirement.startswith("chaos_llm")  # the demo, which is for the newer SDKs
]

nox.options.error_on_missing_interpreters = True


@nox.session
def old_sdks(session: nox.Session) -> None:
    """The vendors' SDKs of the generation before, which are on httpx and not on httpx2."""
    session.install("-e", ".", "anthropic<1", "openai<3", *TEST_TOOLS)
    session.run("pytest", "tests/providers", "tests/interception", *session.posargs)


@nox.session
def vendor_sdks(session: nox.Session) -> None:
    """The SDKs that OpenAI's look-alikes and Meta ship."""
    session.install(
        "-e",
        ".[test]",
        "groq>=1.7,<2",
        "together>=3.1,<4",
        "mistralai>=3.7,<4",
        "llama-api-client>=0.6,<1",
    )
    session.run("pytest", "tests/providers", *session.posargs)
