"""Which of the offered tools a healthy model calls: one that only reads, where there is one.

A mock that calls tools at random would have a coding agent run commands and overwrite files. So
tools are told apart by the words of their names, then by the first word of their descriptions:

* reading: `read_file`, `getWeather`, `Grep`, or "Lists the files of ..."
* fetching from other machines: `web_search`, `WebFetch`
* other tools, of whose effect the words say nothing: `weather`
* changing something: `write_file`, `refund`, `spawn_agent`
* running commands: `Bash`, `run_shell_command`, and any with a parameter `command` or `cmd`

One of the first group with a member is called, and one of the last only if the request asks for it:
by its name in the prompt, or by a tool choice that leaves nothing else. With nothing but such tools
to call, a healthy model answers in words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from chaos_llm.protocol.keyed_random import KeyedRandom
from chaos_llm.protocol.messages import Request, Tool

_READING, _FETCHING, _OTHER, _CHANGING, _RUNNING = range(5)
_WORDS = {
    _RUNNING: "bash shell powershell terminal console exec python repl interpreter stdin",
    _CHANGING: "add apply append ask buy cancel charge commit create delegate delete drop edit "
    "enter execute exit insert install kill modify notify pay publish purchase push put refund "
    "remove rename replace reset run save schedule send set spawn start stop store submit transfer "
    "update upload write",
    _FETCHING: "browse browser curl download fetch http internet navigate url web webfetch "
    "websearch webpage",
    _READING: "check count describe display explain find get glob grep inspect list load look "
    "lookup ls open query read retrieve search show stat status summarize view",
}
_GROUPS = {word: group for group, words in _WORDS.items() for word in words.split()}
_COMMANDS = frozenset({"cmd", "command", "commands"})
_CAMEL = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_LONGEST = 80  # letters of a description that are looked at


def chosen_tool(request: Request, rng: KeyedRandom) -> Tool | None:
    """The tool that a healthy model calls, or None if it answers in words.

    That is the tool that the request names; else one that is drawn from the most harmless group.
    """
    tools = request.tools
    named = [tool for tool in tools if tool.name == request.forced_tool]
    if named:
        return named[0]
    groups = [_group_of(tool) for tool in tools]
    best = min(groups)
    if best == _RUNNING and request.forced_tool is None:
        tools = tuple(tool for tool in tools if _is_named_in(tool, request.prompt))
        return _drawn(tools, rng) if tools else None
    return _drawn([t for t, group in zip(tools, groups, strict=True) if group == best], rng)


def _drawn(tools: Sequence[Tool], rng: KeyedRandom) -> Tool:
    """One tool; nothing is drawn where there is no choice."""
    return tools[0] if len(tools) == 1 else rng.choose(tools)


def _is_named_in(tool: Tool, prompt: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(str(tool.name))}(?!\w)", prompt) is not None


def _group_of(tool: Tool) -> int:
    schema = tool.parameters
    parameters = schema.get("properties") if isinstance(schema, dict) else None
    if isinstance(parameters, dict) and not _COMMANDS.isdisjoint(parameters):
        return _RUNNING
    return _group(str(tool.name), tool.description[:_LONGEST])


@lru_cache(1024)
def _group(name: str, description: str) -> int:
    """The group of a name; of a description, where the name says nothing of what the tool does.

    The first word that is known counts, as in `get_update`; of `find_and_replace` the worst does.
    """
    words = [word.lower() for word in _CAMEL.findall(name)]
    groups = [_GROUPS[word] for word in words if word in _GROUPS]
    if groups:
        return max(groups) if _RUNNING in groups or "and" in words else groups[0]
    first = next(iter(_CAMEL.findall(description)), "").lower()
    return _GROUPS.get(first, _GROUPS.get(first.removesuffix("s"), _OTHER))
