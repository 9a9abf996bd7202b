"""The interface of a client: one vendor's SDK, asked the way its users ask it."""

from __future__ import annotations

import importlib
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any, ClassVar

from chaos_llm.protocol.messages import Completion, Tool, ToolCall, Usage

LIMIT = 20  # seconds: the time limit of every client, shorter than the faults that are slow
KEY = "sk-test"

_SCHEMA = {
    "type": "object",
    "properties": {"to": {"type": "string"}, "amount": {"type": "integer"}},
    "required": ["to", "amount"],
}
_TEXT = "Your order KX-48213: It left on Monday. It comes by road. Reference R7-20931-K."
_ASKED = ("user", "Where is order KX-48213?")


@dataclass(frozen=True)
class Scene:
    """What is asked, and what a healthy provider answers.

    `said` is the conversation as (role, text) with roles "user" and "assistant".
    """

    answer: Completion
    said: tuple[tuple[str, str], ...] = (_ASKED,)
    tools: tuple[Tool, ...] = ()

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The conversation as most wire formats have it."""
        return [{"role": role, "content": text} for role, text in self.said]

    @property
    def functions(self) -> list[dict[str, Any]]:
        """The tools as OpenAI and its look-alikes have them."""
        return [
            {"type": "function", "function": {"name": tool.name, "parameters": tool.parameters}}
            for tool in self.tools
        ]

    @property
    def whole(self) -> str:
        """What an app reads that is told everything."""
        calls = (called(call.name, call.arguments) for call in self.answer.tool_calls)
        return self.answer.text + "".join(calls)


QUESTION = Scene(Completion(_TEXT, usage=Usage(20, 20)))
CONVERSATION = Scene(
    QUESTION.answer, (("user", "Hi."), ("assistant", "Hello."), _ASKED), QUESTION.tools
)
ERRAND = Scene(
    Completion(
        tool_calls=(ToolCall("pay", '{"to": "bob", "amount": 1000}'),),
        stop="tool",
        usage=Usage(20, 9),
    ),
    (("user", "Pay Bob a thousand."),),
    (Tool("pay", _SCHEMA),),
)


def called(name: str | None, arguments: Any = "") -> str:
    """A tool call, or its beginning, as text; arguments that the SDK has parsed are JSON again."""
    told = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return f"{name} {told}" if name else told


@dataclass(frozen=True)
class Client(ABC):
    """One vendor's SDK, asked for one answer without retries; it yields what the app reads.

    `ways` are the names of the methods by which it can be asked. They raise what the SDK raises,
    and read what came as a forgiving app would: what is missing is not there, and no error.
    """

    name: str  # in expectations and on the page
    provider: str
    package: str = field(default="", kw_only=True)  # as it is installed

    module: ClassVar[str]
    ways: ClassVar[tuple[str, ...]] = ("plain", "streamed")
    oldest: ClassVar[int] = 0  # the major version that this is written for
    needs: ClassVar[tuple[str, ...]] = ()  # modules that the SDK has as an extra

    @property
    def sdk(self) -> Any:
        """The SDK's module."""
        return importlib.import_module(self.module)

    @property
    def version(self) -> str:
        """The SDK's version; empty where it is not installed."""
        try:
            return version(self.package)
        except PackageNotFoundError:
            return ""

    @property
    def major(self) -> int:
        """The SDK's major version; -1 where it is not installed."""
        return int(self.version.split(".")[0] or -1) if self.version else -1

    @property
    def missing(self) -> str:
        """Why it cannot be played; empty where it can."""
        if not self.version:
            return f"{self.package} is not installed"
        if self.major < self.oldest:
            return f"{self.package} {self.version} is older than {self.oldest}"
        unmet = [module for module in self.needs if not _is_there(module)]
        return f"{self.name} needs {unmet[0]}, which is not installed" if unmet else ""

    @abstractmethod
    def made(self) -> Any:
        """A client of the SDK that tries once and waits `LIMIT` seconds."""

    @abstractmethod
    def plain(self, client: Any, scene: Scene) -> Iterator[str]:
        """Ask for a whole reply."""

    @abstractmethod
    def streamed(self, client: Any, scene: Scene) -> Iterator[str]:
        """Ask for a stream and read it event by event."""

    def helper(self, client: Any, scene: Scene) -> Iterator[str]:
        """Ask for a stream through what the SDK has to put one together."""
        raise NotImplementedError


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # not even its package
        return False
