"""Apps on OpenAI's Agents SDK."""

from __future__ import annotations

import os

import openai
from agents import (
    Agent,
    ModelSettings,
    OpenAIChatCompletionsModel,
    Runner,
    RunResultStreaming,
    set_tracing_disabled,
)
from gallery.exhibit import Exhibit, partial_outage

from chaos_llm.faults import cut_stream

set_tracing_disabled(disabled=True)


# B05: a stream that just stops is taken for a whole answer


GROQ = "https://api.groq.com/openai/v1"  # with OpenAI's own host the SDK looks at the end


def clerk() -> Agent:
    client = openai.AsyncOpenAI(base_url=GROQ, api_key=os.environ["GROQ_API_KEY"], max_retries=0)
    model = OpenAIChatCompletionsModel(model="llama-3.3-70b-versatile", openai_client=client)
    return Agent(name="clerk", model=model, model_settings=ModelSettings(include_usage=True))


async def run(question: str) -> RunResultStreaming:
    result = Runner.run_streamed(clerk(), question)
    async for _ in result.stream_events():
        pass
    return result


async def stream(question: str) -> str:
    return (await run(question)).final_output


async def stream_to_its_end(question: str) -> str:
    result = await run(question)
    if not result.context_wrapper.usage.output_tokens:  # they come behind the last word
        return (await Runner.run(clerk(), question)).final_output
    return result.final_output


B05 = Exhibit(
    partial_outage(cut_stream(by="end"), on="groq"),
    bug=lambda: stream,
    fixed=lambda: stream_to_its_end,
)
