"""Apps on LangChain."""

from __future__ import annotations

import json
from functools import partial

import anthropic
import httpx
import openai
from gallery.exhibit import Exhibit, partial_outage
from langchain.agents import create_agent
from langchain.agents.middleware import ModelFallbackMiddleware, ToolRetryMiddleware
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import HumanMessage
from langchain_core.output_parsers import JsonOutputParser
from langchain_core.runnables import Runnable
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from support.small_profiles import MINUTE

from chaos_llm import Outage
from chaos_llm.checks import stays_available
from chaos_llm.faults import (
    auth_expired,
    cut_stream,
    empty_answer,
    error_in_200,
    error_mid_stream,
    latency,
    server_error,
)


def claude(retries: int = 0) -> ChatAnthropic:
    return ChatAnthropic(model="claude-sonnet-5-5", max_tokens=300, max_retries=retries)


def gpt(retries: int = 0) -> ChatOpenAI:
    return ChatOpenAI(model="gpt-5.5", max_retries=retries)


def invoke(model: Runnable):
    return lambda question: model.invoke(question).content


def stream(model: Runnable):
    return lambda question: "".join(chunk.text for chunk in model.stream(question))


# B02: an agent's fallback is for exceptions, and an empty answer is none


class Agent:
    def __init__(self, *middleware: object) -> None:
        self.agent = create_agent(claude(), [], middleware=middleware)

    def __call__(self, question: str) -> str:
        text = self.agent.invoke({"messages": [("user", question)]})
        return text["messages"][-1].text


class AgentWithoutEmptyAnswers(Agent):
    def __call__(self, question: str) -> str:
        return super().__call__(question) or gpt().invoke(question).text


B02 = Exhibit(
    partial_outage(empty_answer(), server_error()),
    bug=lambda: Agent(ModelFallbackMiddleware(gpt())),
    fixed=lambda: AgentWithoutEmptyAnswers(ModelFallbackMiddleware(gpt())),
)


# B05: the last chunk of a stream that just stops says that it is the last


def stream_to_its_end(question: str) -> str:
    whole = None
    for chunk in claude().stream(question):
        whole = chunk if whole is None else whole + chunk
    if whole is None or whole.response_metadata.get("stop_reason") != "end_turn":
        return gpt().invoke(question).text
    return whole.text


B05 = Exhibit(
    partial_outage(cut_stream(by="end")),
    bug=lambda: stream(claude()),
    fixed=lambda: stream_to_its_end,
)


# B09: an error body with status 200 is a ValueError or a TypeError, and no openai.APIError


B09 = Exhibit(
    partial_outage(error_in_200(), server_error(), on="openai"),
    bug=lambda: invoke(gpt().with_fallbacks([claude()], exceptions_to_handle=(openai.APIError,))),
    fixed=lambda: invoke(gpt().with_fallbacks([claude()])),
)


# B16: a fallback covers the first chunk of a stream, and none behind it


def collect_or_fall_back(question: str) -> str:
    try:
        return stream(claude())(question)
    except (anthropic.APIError, httpx.HTTPError):
        return gpt().invoke(question).text


B16 = Exhibit(
    partial_outage(error_mid_stream(), server_error()),
    bug=lambda: stream(claude().with_fallbacks([gpt()])),
    fixed=lambda: collect_or_fall_back,
)


# B17: retries of the runnable and of the SDK multiply, and a 401 is retried, too


B17_RETRIES = Exhibit(
    partial_outage(server_error(), share=0.45, sticky_by="client", sticky_for=60),
    bug=lambda: invoke(claude(retries=2).with_retry(stop_after_attempt=3)),
    fixed=lambda: invoke(claude(retries=2)),
)

B17_LOGIN = Exhibit(
    partial_outage(auth_expired(), share=0.45, sticky_by="client", sticky_for=60),
    bug=lambda: invoke(claude().with_retry(stop_after_attempt=3)),
    fixed=lambda: invoke(
        claude().with_retry(
            stop_after_attempt=3,
            retry_if_exception_type=(anthropic.InternalServerError, anthropic.APIConnectionError),
        )
    ),
)


# B18: a runnable's retries do nothing for its stream


B18 = Exhibit(
    partial_outage(server_error()),
    bug=lambda: stream(claude().with_retry(stop_after_attempt=3)),
    fixed=lambda: stream(claude(retries=2)),
    claims=(stays_available(0.95),),
)


# B19: a tool is repeated after a time-out, although what it does was done


def charge_card(order: str) -> None:
    httpx.post("https://bank.example/charges", json={"order": order}).raise_for_status()


def slow_bank(chaos: Outage) -> None:
    """In the outage the bank executes the payment, and its confirmation comes too late."""

    def charge(request: httpx.Request) -> httpx.Response:
        chaos.side_effect("charge_card", request.content)
        if 0 <= chaos.now < 20 * MINUTE:
            raise httpx.ReadTimeout("the bank has not answered in time")
        return httpx.Response(201)

    chaos.respx.post("https://bank.example/charges").mock(side_effect=charge)


@tool
def pay(order: str) -> str:
    """Pay for an order."""
    charge_card(order)
    return f"paid for {order}"


@tool
def pay_at_most_once(order: str) -> str:
    """Pay for an order."""
    try:
        charge_card(order)
    except httpx.TimeoutException:
        return f"we do not know whether {order} is paid; never charge again, ask the bank"
    return f"paid for {order}"


class Cashier:
    def __init__(self, payment: object, *middleware: object) -> None:
        self.agent = create_agent(claude(), [payment], middleware=middleware)

    def __call__(self, question: str) -> str:
        text = self.agent.invoke({"messages": [("user", question)]})
        return text["messages"][-1].text


B19 = Exhibit(
    partial_outage(latency(seconds=2), share=1.0),
    bug=lambda: Cashier(pay, ToolRetryMiddleware()),
    fixed=lambda: Cashier(pay_at_most_once, ToolRetryMiddleware()),
    services=slow_bank,
)


# B34: the arguments of a tool call that broke off are read as if they were whole


@tool
def refund(order: str, reason: str = "") -> str:
    """Refund an order."""
    return f"refunded {order} {reason}"


def serve(question: str, *, only_whole: bool) -> str:
    """Stream an answer, do what it asks for, and tell the model what was done."""
    model = claude().bind_tools([refund])
    messages = [HumanMessage(question)]
    chunks = list(model.stream(messages))
    asked = sum(chunks[1:], start=chunks[0])
    torn = asked.response_metadata.get("stop_reason") != "tool_use"
    if not asked.tool_calls or (only_whole and torn):
        return "We could not do that just now. Please ask again."
    done = [refund.invoke(call) for call in asked.tool_calls]
    return model.invoke([*messages, asked, *done]).text


B34 = Exhibit(
    partial_outage(cut_stream(by="end"), share=0.4),
    bug=lambda: partial(serve, only_whole=False),
    fixed=lambda: partial(serve, only_whole=True),
)


# B35: what a stream showed before it broke stays there, and the fallback's answer comes behind it


class Typewriter:
    """Shows each word of an agent as it comes; `again` begins the answer anew for another model."""

    def __init__(self, *, again: bool) -> None:
        self.agent = create_agent(claude(), [], middleware=[ModelFallbackMiddleware(gpt())])
        self.again = again

    def __call__(self, question: str) -> str:
        shown: dict[str, str] = {}  # by message
        asked = {"messages": [("user", question)]}
        for chunk, _ in self.agent.stream(asked, stream_mode="messages"):
            shown[chunk.id] = shown.get(chunk.id, "") + chunk.text
        return list(shown.values())[-1] if self.again else "".join(shown.values())


B35 = Exhibit(
    partial_outage(error_mid_stream()),
    bug=lambda: Typewriter(again=False),
    fixed=lambda: Typewriter(again=True),
)


# B36: JSON that broke off is completed, and what is missing is missing without a word

ORDER = {
    "type": "object",
    "properties": {"order": {"type": "string"}, "reply": {"type": "string"}},
    "required": ["order", "reply"],
    "additionalProperties": False,
}
FORM = {"type": "json_schema", "json_schema": {"name": "order", "strict": True, "schema": ORDER}}


def read_form(question: str) -> dict[str, str]:
    chain = gpt().bind(response_format=FORM) | JsonOutputParser()
    *_, form = chain.stream(question)
    return form


def read_whole_form(question: str) -> dict[str, str]:
    model = gpt().bind(response_format=FORM)
    text = "".join(chunk.text for chunk in model.stream(question))
    try:
        return json.loads(text)
    except ValueError:
        return json.loads(model.invoke(question).text)


B36 = Exhibit(
    partial_outage(cut_stream(by="end"), on="openai"),
    bug=lambda: read_form,
    fixed=lambda: read_whole_form,
)
