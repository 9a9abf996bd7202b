"""Strategies that are shown as the call that made them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from chaos_llm.answers.healthy_answers import HealthyAnswers
from chaos_llm.protocol.messages import Request
from chaos_llm.replay.prompts import PromptBook

_T = TypeVar("_T")


def named(
    maker: Callable[..., SearchStrategy[_T]], strategy: SearchStrategy[_T], *args: Any, **given: Any
) -> SearchStrategy[_T]:
    """The same strategy, shown as this call of its maker; defaults are left out."""

    def drawn(draw: Any, *_: Any, **__: Any) -> Any:
        _import_what_outages_need()
        return draw(strategy)

    drawn.__name__ = drawn.__qualname__ = maker.__name__
    defaults = maker.__kwdefaults__ or {}
    changed = {name: value for name, value in given.items() if value != defaults.get(name)}
    made: Callable[..., SearchStrategy[_T]] = st.composite(drawn)
    return made(*args, **changed)


@cache
def _import_what_outages_need() -> None:
    """Pay for late imports while a value is drawn, which no deadline counts.

    Else the first example takes a third of a second longer than each other one, and Hypothesis says
    that the test is flaky.
    """
    from chaos_llm.interception import client_environment, httpx_clients, import_hooks  # noqa: F401, PLC0415 - httpx and anyio, here on purpose

    PromptBook(0).prompt(0)
    HealthyAnswers(0).answer(Request("", "", "", "", ""), "")
