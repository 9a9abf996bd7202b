"""The commands of `chaos-llm`, from their argparse parser."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from chaos_llm.cli import build_parser
from reference_pages import markdown


def render() -> str:
    """An overview as a table, then a section for each command."""
    commands = _commands(build_parser())
    rows = [(f"[`{name}`](#{name})", parser.description or "") for name, parser in commands.items()]
    overview = markdown.table(("command", "what it does"), rows)
    return "\n".join([overview, *(_section(*each) for each in commands.items())])


def _commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    # argparse has no public way to list what was added to a parser; its help reads `_actions` too.
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    raise LookupError("the parser of chaos-llm has no commands")


def _section(name: str, parser: argparse.ArgumentParser) -> str:
    usage = " ".join(parser.format_usage().removeprefix("usage: ").split())
    blocks = [f"## {name}", f"```text\n{usage}\n```", parser.description or ""]
    if rows := list(_rows(parser)):
        blocks.append(markdown.table(("argument", "meaning"), rows))
    return "\n\n".join(blocks) + "\n"


def _rows(parser: argparse.ArgumentParser) -> Iterator[tuple[str, str]]:
    for action in parser._actions:
        if not isinstance(action, argparse._HelpAction):
            yield f"`{_written(action)}`", (action.help or "").replace("<", "&lt;")


def _written(action: argparse.Action) -> str:
    """An argument as it is typed: `--seed SEED`, or the name of what stands there."""
    metavar = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
    if action.choices is not None and action.metavar is None:
        metavar = "|".join(map(str, action.choices))
    if not action.option_strings:
        return metavar
    options = ", ".join(action.option_strings)
    return options if action.nargs == 0 else f"{options} {metavar}"
