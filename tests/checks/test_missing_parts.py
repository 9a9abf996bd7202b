"""Answers of several parts: to drop one that failed without a word fails, to say so passes."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import anthropic
import pytest
from support.apps.bots import MODEL, ask_once
from support.apps.defended import APOLOGY, claude_async
from support.judging import Judge
from support.small_profiles import MINUTE, profile_of, window

from chaos_llm.checks import answers_are_whole
from chaos_llm.faults import cut_stream, overloaded, server_error

PARTS = ("Summary", "Risks", "Next steps")
PATCHY = profile_of(window(overloaded(), server_error(), ends=40 * MINUTE, share=0.4))
LONG = {"every": "1m", "warmup": "10m", "recovery": "10m"}
found = Judge(answers_are_whole(), PATCHY, LONG)


async def ask(question, model=MODEL):
    message = await claude_async(0).messages.create(
        model=model, max_tokens=300, messages=[{"role": "user", "content": question}]
    )
    return message.content[0].text


def in_parts(shape, parts=PARTS, ask_for=lambda part, question: f"{part} of: {question}"):
    """An app that asks for several parts at once; `shape` makes a result of what came of each."""

    async def app(question):
        asked = (ask(ask_for(part, question)) for part in parts)
        got = await asyncio.gather(*asked, return_exceptions=True)
        texts = [None if isinstance(each, Exception) else each for each in got]
        return shape(dict(zip(parts, texts, strict=True))) if any(texts) else APOLOGY

    return app


def those_that_came(parts):
    return [text for text in parts.values() if text]


def headed(parts):
    return "\n\n".join(f"## {part}\n{text}" for part, text in parts.items() if text)


DROPPED = {
    "list": those_that_came,
    "text": lambda parts: "\n\n".join(those_that_came(parts)),
    "headed": headed,
    "objects": lambda parts: [{"part": p, "text": t} for p, t in parts.items() if t],
    "envelope": lambda parts: {"ok": True, "at": time.time(), "parts": those_that_came(parts)},
    "blank": lambda parts: {part: text or "" for part, text in parts.items()},
}
SAID = {
    "none": lambda parts: parts,
    "text": lambda parts: "\n\n".join(text or "(not available)" for text in parts.values()),
    "headed": lambda parts: headed({p: t or "This part is missing." for p, t in parts.items()}),
    "beside them": lambda parts: {
        "parts": those_that_came(parts),
        "missing": [part for part, text in parts.items() if not text],
    },
    "flag": lambda parts: {"parts": those_that_came(parts), "whole": all(parts.values())},
    "count": lambda parts: {"parts": those_that_came(parts), "n": len(those_that_came(parts))},
    "note": lambda parts: headed(parts) + ("" if all(parts.values()) else "\n(incomplete)"),
    "apology": lambda parts: headed(parts) if all(parts.values()) else APOLOGY,
}


@pytest.mark.parametrize("shape", DROPPED.values(), ids=DROPPED)
def test_parts_that_are_dropped_without_a_word_fail(shape):
    finding = found(in_parts(shape), PATCHY)
    assert finding.verdict == "fail"
    assert "returned only some of the 3 answers of a healthy call, as if they were all" in (
        finding.seen
    )


@pytest.mark.parametrize("shape", SAID.values(), ids=SAID)
def test_parts_that_are_said_to_be_missing_pass(shape):
    assert found(in_parts(shape), PATCHY).verdict == "pass"


def test_a_field_that_is_missing_by_name_is_not_judged():
    finding = found(in_parts(lambda parts: {p: t for p, t in parts.items() if t}), PATCHY)
    assert finding.verdict == "not judged"
    assert "it is not known whether these are optional" in finding.seen


def test_a_part_that_may_be_optional_is_not_judged():
    """The answer is needed, and suggestions for further questions are not."""

    async def app(question):
        answer = await ask(question)
        try:
            return f"{answer}\n\n{await ask(f'Further questions after: {question}')}"
        except anthropic.APIError:
            return answer

    assert found(app, PATCHY).verdict == "not judged"


def test_several_models_that_are_asked_the_same_are_no_parts():
    async def app(question):
        models = (MODEL, "claude-haiku-4-5", "claude-opus-4-8")
        asked = (ask(question, model) for model in models)
        got = await asyncio.gather(*asked, return_exceptions=True)
        opinions = [each for each in got if isinstance(each, str)]
        return opinions if len(opinions) > 1 else APOLOGY

    assert found(app, PATCHY).verdict == "pass"


def test_a_part_that_a_retry_brings_is_there():
    async def patient(question):
        for pause in range(12):
            try:
                return await ask(question)
            except anthropic.APIError:
                await asyncio.sleep(pause)
        return await ask(question)

    async def app(question):
        return await asyncio.gather(*(patient(f"{part} of: {question}") for part in PARTS))

    assert found(app, PATCHY).verdict == "pass"


def test_a_part_from_a_cache_is_there():
    kept = {}

    async def app(question):
        async def part(name):
            try:
                kept[name] = await ask(f"{name} of: {question}")
            except anthropic.APIError:
                return kept[name]
            return kept[name]

        return await asyncio.gather(*map(part, PARTS))

    assert "only some" not in found(app, PATCHY).seen


def test_parts_whose_number_varies_are_not_counted():
    numbers = iter(range(1000))

    async def app(question):
        parts = PARTS[: 1 + next(numbers) % 3]
        return await in_parts(those_that_came, parts)(question)

    assert found(app, PATCHY).verdict == "pass"


def test_threads_that_drop_what_failed_fail_too():
    def app(question):
        def one(part):
            try:
                return ask_once(f"{part} of: {question}")
            except anthropic.APIError:
                return None

        with ThreadPoolExecutor(3) as pool:
            texts = [text for text in pool.map(one, PARTS) if text]
        return "\n".join(texts) or APOLOGY

    assert found(app, PATCHY).verdict == "fail"


def test_a_part_of_which_half_came_is_no_missing_part():
    """It is shown, and that is another mistake."""
    patchy = profile_of(window(cut_stream(), ends=40 * MINUTE, share=0.4))

    async def half(question):
        shown = []
        try:
            async with claude_async(0).messages.stream(
                model=MODEL, max_tokens=300, messages=[{"role": "user", "content": question}]
            ) as stream:
                shown.extend([piece async for piece in stream.text_stream])
        except anthropic.APIError:
            pass
        return "".join(shown)

    async def app(question):
        return await asyncio.gather(*(half(f"{part} of: {question}") for part in PARTS))

    assert "only some" not in found(app, patchy).seen
