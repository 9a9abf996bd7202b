"""Apps for campaigns, which workers import by name."""

from __future__ import annotations

import os
import random
import signal
from pathlib import Path

import anthropic


class Plain:
    """Asks once, with the SDK's own retries."""

    def __init__(self) -> None:
        self._client = anthropic.Anthropic()

    def answer(self, prompt: str) -> str:
        message = self._client.messages.create(
            model="claude-opus-4-6",
            max_tokens=200,
            messages=[{"role": "user", "content": prompt}],
        )
        return message.content[0].text


def factory():
    """Makes a function of one prompt."""
    return Plain().answer


class Broken:
    """Cannot be made."""

    def __init__(self) -> None:
        raise RuntimeError("no settings")

    def answer(self, prompt: str) -> str:
        raise AssertionError(prompt)


class Two:
    """Has two methods that take a prompt."""

    def answer(self, prompt: str) -> str:
        return prompt

    def shout(self, prompt: str) -> str:
        return prompt


def dies(prompt: str) -> str:
    """Kills its process, each time."""
    os.kill(os.getpid(), signal.SIGKILL)
    return prompt


def dies_once(prompt: str) -> str:
    """Kills the first process that calls it."""
    mark = Path(os.environ["CAMPAIGN_TEST_MARK"])
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return Plain().answer(prompt)


def hangs(prompt: str) -> str:
    """Never returns, and never looks at a clock."""
    while prompt:
        pass
    return prompt


class Dicing:
    """Of every ten of these three are bad: they lose all calls of their run."""

    rate = 0.3

    def __init__(self) -> None:
        self._is_bad = random.random() < self.rate  # the outage has seeded it
        self._plain = Plain()

    def answer(self, prompt: str) -> str:
        if self._is_bad:
            raise RuntimeError("a bad one")
        return self._plain.answer(prompt)


class Losing:
    """Loses one call of ten, whatever the provider does."""

    rate = 0.1

    def __init__(self) -> None:
        self._plain = Plain()

    def answer(self, prompt: str) -> str:
        answer = self._plain.answer(prompt)
        if random.random() < self.rate:
            raise RuntimeError("lost")
        return answer


class LosingMore(Losing):
    """Loses three points more."""

    rate = 0.13
