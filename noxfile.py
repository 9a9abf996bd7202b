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
    """The vendors' SDKs of the generation before, on httpx, and what still asks for them."""
    session.install(
        "-e",
        ".",
        "anthropic<1",
        "openai<3",
        "instructor>=1.17,<2",
        "litellm>=1.106,<2",  # its async calls are on aiohttp
        *TEST_TOOLS,
    )
    session.run("pytest", "tests/providers", "tests/interception", "tests/matrix", *session.posargs)


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
    session.run("pytest", "tests/providers", "tests/matrix", *session.posargs)


@nox.session
def cloud_sdks(session: nox.Session) -> None:
    """The SDKs of Google, AWS, Cohere and Ollama, and the clouds' auth libraries."""
    session.install(
        "-e",
        ".[test]",
        "google-genai>=3,<4",
        "cohere>=7,<8",
        "boto3",
        "ollama",
        "anthropic[vertex,bedrock]>=2.11,<3",
        "azure-identity",
        "google-auth[requests]",
    )
    session.run("pytest", "tests/providers", "tests/matrix", *session.posargs)


@nox.session
def cloud_sdks_old(session: nox.Session) -> None:
    """The generation before of Google's SDK and of Anthropic's on Vertex and Bedrock."""
    older = ["google-genai>=2,<3", "anthropic[vertex,bedrock]<1", "boto3"]
    session.install("-e", ".", *older, *TEST_TOOLS)
    session.run("pytest", "tests/providers", "tests/matrix", *session.posargs)


@nox.session
def frameworks(session: nox.Session) -> None:
    """Google's and Amazon's SDKs, which are not on httpx, and what people build on SDKs."""
    session.install(
        "-e",
        ".[test]",
        "aiohttp>=3.14,<4",
        "boto3>=1.44,<2",
        "google-genai>=3.4,<4",
        "langchain-anthropic>=1.7,<2",
        "langchain-openai>=1.7,<2",
        "pydantic-ai-slim[anthropic,openai]>=2.68,<3",
    )
    of_theirs = "aiohttp or botocore or urllib3 or libraries"
    session.run("pytest", "tests/interception", "-k", of_theirs, *session.posargs)


@nox.session
def libraries(session: nox.Session) -> None:
    """Every library that apps defend themselves with; litellm wants an older openai."""
    found = ("aiobreaker", "aiolimiter", "apscheduler<4", "backoff", "fastapi", "litellm")
    more = ("opentelemetry-sdk", "pybreaker", "cachetools", "purgatory", "sentry-sdk", "stamina")
    session.install("-e", ".", "anthropic>=2.11,<3", "openai<3", *found, *more, *TEST_TOOLS)
    env = {"NO_LIBRARY_IS_ABSENT": "1"}
    session.run("pytest", "tests/libraries", *session.posargs, env=env)
