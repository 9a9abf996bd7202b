"""Small apps of two vendors: what is sent to the second one, and after which failures."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import anthropic
import openai

from chaos_llm import outage
from chaos_llm.faults import overloaded
from support.apps.bots import MODEL, SECOND_MODEL, ask_once, claude
from support.apps.defended import APOLOGY, ERRORS, gpt
from support.small_profiles import HOUR, MINUTE, profile_of, window

QUESTIONS = ["Where is my parcel?", "When do you open?"]
RULES = "You answer for our shop. Be brief."
REFUSED = (anthropic.APIError, openai.APIError)


class NotWhole(Exception):
    """An answer that came, and is none."""


def found(check: Any, app: Any, *faults: Any, seed: int = 3, **options: Any):
    """What a check finds after twenty bad minutes of Claude's."""
    with outage(profile_of(window(*faults, ends=20 * MINUTE)), seed=seed) as chaos:
        return check(chaos.replay(app, **at_intervals(options)).run)


def at_intervals(options: dict[str, Any]) -> dict[str, Any]:
    return {"every": "1m", "warmup": "10m", "recovery": "10m"} | options


def talk(question: str, history: tuple[tuple[str, str], ...] = ()) -> list[dict[str, str]]:
    """Messages as both vendors take them."""
    answer_text = [{"role": role, "content": text} for role, text in history]
    return [*answer_text, {"role": "user", "content": question}]


def stream_claude(question: str, **more: Any):
    """Pieces of an answer; what stops without its end is an error."""
    with claude(max_retries=0, timeout=20).messages.stream(
        model=MODEL, max_tokens=300, messages=talk(question), **more
    ) as stream:
        yield from stream.text_stream
        if stream.current_message_snapshot.stop_reason is None:
            raise NotWhole


def whole_claude(question: str, history=(), **more: Any) -> str:
    message = claude(max_retries=0, timeout=20).messages.create(
        model=MODEL, max_tokens=300, messages=talk(question, history), **more
    )
    if getattr(message, "stop_reason", None) != "end_turn":
        raise NotWhole
    return "".join(block.text for block in message.content)


def whole_gpt(question: str, history=(), system: str | None = RULES, **more: Any) -> str:
    rules = [{"role": "system", "content": system}] if system else []
    completion = gpt().chat.completions.create(
        model=SECOND_MODEL, messages=[*rules, *talk(question, history)], **more
    )
    return completion.choices[0].message.content or ""


@dataclass
class FallsOver:
    """Claude, else GPT after the failures that it catches; an empty answer may be one."""

    catches: tuple[type[Exception], ...] = (Exception,)
    empty_is_none: bool = True
    streamed: bool = False
    only_at_open: bool = False  # what was begun is not taken over
    instead: dict[str, Any] = field(default_factory=dict)  # what GPT is sent besides

    def __call__(self, question: str) -> str:
        shown: list[str] = []
        try:
            shown.extend(self._ask(question, shown))
        except self.catches:
            if shown and self.only_at_open:
                raise
            return whole_gpt(question, **self.instead)
        text = "".join(shown)
        if not text and self.empty_is_none:
            return whole_gpt(question, **self.instead)
        return text

    def _ask(self, question: str, shown: list[str]) -> list[str]:
        if not self.streamed:
            return [whole_claude(question, system=RULES)]
        shown.extend(stream_claude(question, system=RULES))
        return []


@dataclass
class Keeps:
    """Claude, else what it said before; `only` is the one question that is kept."""

    age: float = 24 * HOUR
    only: str = ""
    kept: dict[str, tuple[float, str]] = field(default_factory=dict)

    def __call__(self, question):
        try:
            answer = ask_once(question)
        except ERRORS:
            since, answer = self.kept.get(question, (-1e9, ""))
            if time.monotonic() - since > self.age:
                return APOLOGY
            return answer
        if self.only in question:
            self.kept[question] = time.monotonic(), answer
        return answer


def long_day(app, check, prompts=QUESTIONS):
    with outage(profile_of(window(overloaded(), ends=10 * HOUR)), seed=3) as chaos:
        report = chaos.replay(app, every="10m", warmup="1h", recovery="1h", prompts=prompts)
        return check(report.run)
