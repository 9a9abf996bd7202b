"""The interface of a client: one vendor's SDK, called as its users call it."""

from __future__ import annotations

import importlib
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any, ClassVar

from chaos_llm.protocol.messages import Completion, Reasoning, Tool, ToolCall, Usage

THINKING, REFUSALS = "thinking", "refusals"  # ways to call an SDK that need their own requests
LIMIT = 20  # seconds: every client's time limit; the slow faults take longer (fault_scenes.py)
KEY = "sk-test"

_SCHEMA = {
    "type": "object",
    "properties": {"to": {"type": "string"}, "amount": {"type": "integer"}},
    "required": ["to", "amount"],
}
_TEXT = "Your order KX-48213: It left on Monday. It comes by road. Reference R7-20931-K."
_THOUGHT = "The user asks about an order. I know where it is."
_LAST_MESSAGE = ("user", "Where is order KX-48213?")


@dataclass(frozen=True)
class Scene:
    """A conversation, and the answer of a healthy provider to it.

    `conversation` has (role, text) for each message; the roles are "user" and "assistant".
    """

    answer: Completion
    conversation: tuple[tuple[str, str], ...] = (_LAST_MESSAGE,)
    tools: tuple[Tool, ...] = ()

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The conversation as most wire formats write it."""
        return [{"role": role, "content": text} for role, text in self.conversation]

    @property
    def functions(self) -> list[dict[str, Any]]:
        """The tools as OpenAI and compatible providers write them."""
        return [
            {"type": "function", "function": {"name": tool.name, "parameters": tool.parameters}}
            for tool in self.tools
        ]

    @property
    def whole(self) -> str:
        """The whole answer as an app reads it, with what was thought before, and tool calls."""
        calls = (call_text(call.name, call.arguments) for call in self.answer.tool_calls)
        thought = self.answer.reasoning.text if self.answer.reasoning else ""
        return thought + self.answer.text + "".join(calls)

    def called_by(self, way: str) -> Scene:
        """The scene for one way to call an SDK: where it is to think, the model thinks."""
        if way != THINKING:
            return self
        return replace(self, answer=replace(self.answer, reasoning=Reasoning(_THOUGHT)))


QUESTION = Scene(Completion(_TEXT, usage=Usage(20, 20)))
CONVERSATION = Scene(
    QUESTION.answer, (("user", "Hi."), ("assistant", "Hello."), _LAST_MESSAGE), QUESTION.tools
)
TOOL_USE = Scene(
    Completion(
        tool_calls=(ToolCall("pay", '{"to": "bob", "amount": 1000}'),),
        stop="tool",
        usage=Usage(20, 9),
    ),
    (("user", "Pay Bob a thousand."),),
    (Tool("pay", _SCHEMA),),
)


def call_text(name: str | None, arguments: Any = "") -> str:
    """A tool call, or a piece of a streamed one, as text; arguments that are parsed become JSON."""
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return f"{name} {text}" if name else text


@dataclass(frozen=True)
class Client(ABC):
    """One vendor's SDK, called without retries.

    `ways` are the names of the methods that call it: a whole reply, a stream, a helper, a stream of
    a model that thinks, or a request that the API refuses. Each yields the texts that an app reads,
    and raises what the SDK raises. It reads as a tolerant app would: a missing field is an empty
    text and not an error.
    """

    name: str  # in expected outcomes and on the page
    provider: str
    package: str = field(default="", kw_only=True)  # its name on PyPI

    module: ClassVar[str]
    ways: ClassVar[tuple[str, ...]] = ("plain", "streamed", REFUSALS)
    oldest: ClassVar[int] = 0  # the oldest major version that this class can call
    foreign_role: ClassVar[str] = "model"  # of another vendor's turns: Gemini's
    needs: ClassVar[tuple[str, ...]] = ()  # optional dependencies of the SDK, as modules

    @property
    def sdk(self) -> Any:
        """The SDK's module."""
        return importlib.import_module(self.module)

    @property
    def version(self) -> str:
        """The SDK's version; empty if it is not installed."""
        try:
            return version(self.package)
        except PackageNotFoundError:
            return ""

    @property
    def major(self) -> int:
        """The SDK's major version; -1 if it is not installed."""
        return int(self.version.split(".")[0] or -1) if self.version else -1

    @property
    def missing(self) -> str:
        """The reason why the SDK cannot be tested here; empty if it can."""
        if not self.version:
            return f"{self.package} is not installed"
        if self.major < self.oldest:
            return f"{self.package} {self.version} is older than {self.oldest}"
        unmet = [module for module in self.needs if not _is_installed(module)]
        return f"{self.name} needs {unmet[0]}, which is not installed" if unmet else ""

    @abstractmethod
    def new_client(self) -> Any:
        """A client object of the SDK, without retries and with a time limit of `LIMIT` seconds."""

    @abstractmethod
    def plain(self, client: Any, scene: Scene) -> Iterator[str]:
        """Ask for a whole reply."""

    @abstractmethod
    def streamed(self, client: Any, scene: Scene) -> Iterator[str]:
        """Ask for a stream and read it event by event."""

    def helper(self, client: Any, scene: Scene) -> Iterator[str]:
        """Ask for a stream through the SDK's helper, which assembles it into a whole answer."""
        raise NotImplementedError

    def thinking(self, client: Any, scene: Scene) -> Iterator[str]:
        """Ask a model for a stream that shows what it thinks, too."""
        raise NotImplementedError

    def refusals(self, client: Any, scene: Scene) -> Iterator[str]:
        """Ask with a turn in the form of another vendor, as a failover without conversion does."""
        foreign = (self.foreign_role, "At the depot.")
        yield from self.plain(client, replace(scene, conversation=(foreign, *scene.conversation)))


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # raised if the parent package is missing
        return False
