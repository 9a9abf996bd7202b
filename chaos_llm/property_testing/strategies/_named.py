"""Give a strategy a readable repr: the call that made it."""

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
    """The same strategy, with this call of its maker as its repr; defaults are left out."""

    def drawn(draw: Any, *_: Any, **__: Any) -> Any:
        _import_what_outages_need()
        return draw(strategy)

    drawn.__name__ = drawn.__qualname__ = maker.__name__
    defaults = maker.__kwdefaults__ or {}
    changed = {name: value for name, value in given.items() if value != defaults.get(name)}
    composite: Callable[..., SearchStrategy[_T]] = st.composite(drawn)
    return composite(*args, **changed)


@cache
def _import_what_outages_need() -> None:
    """Do late imports while a value is drawn, since Hypothesis does not time that.

    Otherwise the first example takes a third of a second longer than the others, and Hypothesis
    reports the test as flaky.
    """
    from chaos_llm.interception import client_environment, httpx_clients, import_hooks  # noqa: F401, PLC0415 - imports httpx and anyio, on purpose
    from chaos_llm.replay import replay  # noqa: F401, PLC0415 - imports reports and checks

    PromptBook(0).prompt(0)
    HealthyAnswers(0).answer(Request("", "", "", "", ""), "")
