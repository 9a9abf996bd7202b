"""Workflow commands of GitHub Actions, which show a message at a line of a pull request.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from typing import Literal

from chaos_llm.reports.ci.problems import Problem

Level = Literal["error", "warning", "notice"]

# As actions/toolkit escapes them: a message's lines, and in a property its delimiters, too.
_IN_MESSAGES = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_PROPERTIES = {**_IN_MESSAGES, ":": "%3A", ",": "%2C"}


def annotation(
    level: Level, title: str, message: str, file: str | None = None, line: int | None = None
) -> str:
    """One annotation; without a file it is shown on the workflow's page alone."""
    named = {"file": file, "line": line, "title": title}
    properties = ",".join(
        f"{key}={_escaped(str(value), _IN_PROPERTIES)}"
        for key, value in named.items()
        if value is not None
    )
    return f"::{level} {properties}::{_escaped(message, _IN_MESSAGES)}"


def _escaped(text: str, escapes: dict[str, str]) -> str:
    return "".join(escapes.get(letter, letter) for letter in text)


def of_problem(problem: Problem) -> str:
    """The annotation of a problem, at its line of the app where that is known."""
    title = f"chaos_llm: {problem.rule}"
    return annotation("error", title, problem.message, problem.file, problem.line or None)
