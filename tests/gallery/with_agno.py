"""Apps on Agno."""

from __future__ import annotations

from collections.abc import Iterable

from agno.agent import Agent
from agno.models.openai import OpenAIChat
from agno.run import RunStatus
from agno.run.agent import RunEvent, RunOutputEvent
from gallery.exhibit import Exhibit, partial_outage

from chaos_llm.faults import cut_stream, empty_answer, overloaded, server_error


class Unanswered(Exception):
    """The answer cannot be used."""


def gpt(max_retries: int = 0, **options: object) -> OpenAIChat:
    return OpenAIChat(id="gpt-5.5", max_retries=max_retries, **options)


def agent(**options: object) -> Agent:
    return Agent(model=options.pop("model", None) or gpt(), telemetry=False, **options)


# B05: a stream that just stops is taken for a whole answer


def text_of(events: Iterable[RunOutputEvent]) -> str:
    return "".join(e.content for e in events if e.event == RunEvent.run_content and e.content)


def stream(question: str, **options: object) -> str:
    return text_of(agent(**options).run(question, stream=True))


def stream_to_its_end(question: str) -> str:
    events = list(agent().run(question, stream=True, stream_events=True))
    last = events[-1]
    if not last.metrics.output_tokens:  # they come behind the last word
        return agent().run(question).content
    return text_of(events)


B05 = Exhibit(
    partial_outage(cut_stream(by="end"), on="openai"),
    bug=lambda: stream,
    fixed=lambda: stream_to_its_end,
)


# B20: an agent's retry runs it anew, and a tool that had succeeded with it


def charge_card(order: str) -> str:
    """Charge what an order costs."""
    return f"charged {order}"


def pay(order: str) -> str:
    """Pay for an order."""
    return charge_card(order)


class Cashier:
    def __init__(self, **options: object) -> None:
        self.options = options

    def __call__(self, question: str) -> str:
        run = agent(tools=[pay], **self.options).run(question)
        if run.status == RunStatus.error:
            raise Unanswered(run.content)
        return run.content


B20 = Exhibit(
    partial_outage(server_error(), on="openai", share=0.4),
    bug=lambda: Cashier(retries=2, delay_between_retries=1),
    fixed=lambda: Cashier(model=gpt(max_retries=2)),
    side_effects=("charge_card",),
)


# B21: a model's retries are not for a stream without any text


def stream_or_ask_again(question: str) -> str:
    for _ in range(3):
        if text := stream(question):
            return text
    raise Unanswered("the model says nothing")


B21 = Exhibit(
    partial_outage(empty_answer(), on="openai"),
    bug=lambda: lambda question: stream(question, model=gpt(retries=2, delay_between_retries=1)),
    fixed=lambda: stream_or_ask_again,
)


# B29: the text of an error is the run's content


def ask(question: str) -> str:
    return agent().run(question).content


def ask_and_look(question: str) -> str:
    run = agent().run(question)
    if run.status == RunStatus.error:
        raise Unanswered(run.content)
    return run.content


B29 = Exhibit(
    partial_outage(overloaded(), on="openai"), bug=lambda: ask, fixed=lambda: ask_and_look
)
