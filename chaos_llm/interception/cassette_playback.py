"""An existing suite's cassettes during an outage: their answers are the providers' healthy ones."""

from __future__ import annotations

from typing import Any

from chaos_llm.decisions.cassette_answers import CassetteAnswers
from chaos_llm.decisions.overrides import ChosenAnswers
from chaos_llm.errors import UsageError
from chaos_llm.interception.context import InterceptionContext
from chaos_llm.interception.foreign_stubs import unused_cassette_warning
from chaos_llm.profiles.model import Target
from chaos_llm.recording.cassette import Interaction, interaction


def use(context: InterceptionContext, cassette: Any, host: str) -> None:
    """Let the providers at a host answer as vcrpy's cassette has it; warn if it has no answer.

    Answers that the test chose come before those of a cassette, and the latest cassette's before
    earlier ones.
    """
    if context.cassette is cassette:
        return
    recorded = _recorded(cassette)
    chosen = []
    for name in context.hosts.names(host):
        try:
            answers = CassetteAnswers(recorded, name, str(getattr(cassette, "_path", "")))
        except UsageError:
            continue
        chosen.append(ChosenAnswers(Target(name), answers.answer))
    if not chosen:
        context.warn(unused_cassette_warning(cassette, host))
        return
    context.cassette = cassette
    context.engine.overrides.chosen[:0] = chosen
    order = context.engine.overrides.chosen
    order[:] = [
        *(c for c in order if c in context.taped),
        *(c for c in order if c not in context.taped),
    ]
    context.taped += chosen


def _recorded(cassette: Any) -> list[Interaction]:
    """The interactions of vcrpy's cassette; malformed ones are left out."""
    found = []
    for request, response in zip(cassette.requests, cassette.responses, strict=False):
        asked = {
            "method": request.method,
            "uri": request.uri,
            "headers": request.headers,
            "body": request.body,
        }
        try:
            found.append(interaction({"request": asked, "response": response}))
        except (AttributeError, KeyError, TypeError, ValueError):
            continue
    return found
