"""The vendors' SDKs on their sessions: OpenAI's Realtime and Responses, Google's Live API."""

from __future__ import annotations

import asyncio
import json
import os

import pytest
from openai import AsyncOpenAI, OpenAI
from support.websocket_clients import ITEM, KEY, blocking_websockets

from chaos_llm import outage
from chaos_llm.faults import (
    close_session,
    error_mid_stream,
    overloaded,
    rate_limited,
    server_error,
    slow_first_token,
)

if os.environ.get("NO_LIBRARY_IS_ABSENT"):
    import google.genai  # noqa: F401
    import websockets

websockets = pytest.importorskip("websockets")

TRACK = {
    "type": "function",
    "name": "track",
    "description": "Say where an order is.",
    "parameters": {
        "type": "object",
        "properties": {"order": {"type": "string"}},
        "required": ["order"],
    },
}
PROMPT = "Where is order KX-48213?"
RESPONSES = "wss://api.openai.com/v1/responses"


class TestRealtime:
    @staticmethod
    async def events_of(session):
        async for event in session:
            yield event
            if event.type in ("response.done", "error"):
                return

    def test_a_function_is_called_and_its_result_is_answered(self):
        async def scene():
            async with (
                AsyncOpenAI() as client,
                client.realtime.connect(model="gpt-realtime") as session,
            ):
                settings = {"type": "realtime", "output_modalities": ["text"], "tools": [TRACK]}
                await session.session.update(session=settings)
                await session.conversation.item.create(item=ITEM)
                await session.response.create()
                *_, done = [event async for event in self.events_of(session)]
                (call,) = done.response.output
                result = {"type": "function_call_output", "call_id": call.call_id, "output": "{}"}
                await session.conversation.item.create(item=result)
                await session.response.create()
                *_, done = [event async for event in self.events_of(session)]
                return call, done.response

        with outage() as chaos:
            call, response = asyncio.run(scene())
            assert len(chaos.journal) == 3
        assert (call.name, call.status) == ("track", "completed")
        assert set(json.loads(call.arguments)) == {"order"}
        assert response.status == "completed"
        assert "KX-48213" in response.output[0].content[0].text

    def test_events_come_in_the_documented_order_and_are_typed(self):
        async def scene():
            async with (
                AsyncOpenAI() as client,
                client.realtime.connect(model="gpt-realtime") as session,
            ):
                await session.session.update(session={"type": "realtime"})
                await session.conversation.item.create(item=ITEM)
                await session.response.create()
                return [event async for event in self.events_of(session)]

        with outage():
            events = asyncio.run(scene())
        kinds = list(dict.fromkeys(event.type for event in events))
        assert kinds == [
            "session.created",
            "session.updated",
            "conversation.item.added",
            "conversation.item.done",
            "response.created",
            "rate_limits.updated",
            "response.output_item.added",
            "response.content_part.added",
            "response.output_audio_transcript.delta",
            "response.output_audio.delta",
            "response.output_audio.done",
            "response.output_audio_transcript.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.done",
        ]
        assert len({event.event_id for event in events}) == len(events)
        assert not [event for event in events if type(event).__name__ == "BaseModel"]

    @pytest.mark.parametrize(
        ("fault", "code"),
        [(rate_limited(), "rate_limit_exceeded"), (overloaded(), "server_is_overloaded")],
        ids=repr,
    )
    def test_a_refused_answer_is_an_error_event_and_the_session_goes_on(self, fault, code):
        async def scene(chaos):
            async with (
                AsyncOpenAI() as client,
                client.realtime.connect(model="gpt-realtime") as session,
            ):
                await session.conversation.item.create(item=ITEM)
                chaos.on("openai").inject(fault, times=1)
                ended = []
                for _ in range(2):
                    await session.response.create()
                    ended.append([event async for event in self.events_of(session)][-1])
                return ended

        with outage() as chaos:
            refused, done = asyncio.run(scene(chaos))
            assert [exchange.failed for exchange in chaos.journal] == [False, True, False]
            assert chaos.journal[1].error_message == refused.error.message
        assert refused.error.code == code
        assert done.response.status == "completed"

    def test_an_answer_can_be_cancelled(self):
        async def scene():
            async with (
                AsyncOpenAI() as client,
                client.realtime.connect(model="gpt-realtime") as session,
            ):
                await session.conversation.item.create(item=ITEM)
                await session.response.create()
                async for event in self.events_of(session):
                    if event.type == "response.created":
                        await session.response.cancel()
                return event.response

        with outage() as chaos:
            chaos.on("openai").inject(slow_first_token(30))
            response = asyncio.run(scene())
            assert chaos.now == 0
            assert chaos.journal[1].end == "abandoned"
        assert (response.status, response.status_details.reason) == (
            "cancelled",
            "client_cancelled",
        )

    def test_an_answer_can_be_cancelled_before_it_began(self):
        async def scene():
            async with (
                AsyncOpenAI() as client,
                client.realtime.connect(model="gpt-realtime") as session,
            ):
                await session.conversation.item.create(item=ITEM)
                await session.response.create()
                await session.response.cancel()
                return [event async for event in self.events_of(session)]

        with outage() as chaos:
            *events, done = asyncio.run(scene())
            assert chaos.journal[1].end == "abandoned"
        (created,) = (event for event in events if event.type == "response.created")
        assert done.response.id == created.response.id
        assert done.response.status == "cancelled"
        assert not any(event.type.endswith(".delta") for event in events)


class TestResponses:
    @staticmethod
    async def asked(connection, **options):
        await connection.response.create(model="gpt-4.1", **options)
        async for event in connection:
            if event.type in ("response.completed", "error"):
                return event
        return None

    def test_the_sdk_follows_on_its_own_response(self):
        async def scene():
            async with AsyncOpenAI() as client, client.responses.connect() as connection:
                first = await self.asked(connection, input=PROMPT)
                return first, await self.asked(
                    connection, input="And now?", previous_response_id=first.response.id
                )

        with outage() as chaos:
            first, second = asyncio.run(scene())
            assert [exchange.status for exchange in chaos.journal] == [101, 101, 101]
        assert "KX-48213" in first.response.output_text
        assert second.response.previous_response_id == first.response.id

    def test_the_blocking_sdk_speaks_it_too(self):
        blocking_websockets()
        with outage(), OpenAI() as client, client.responses.connect() as connection:
            connection.response.create(model="gpt-4.1", input=PROMPT)
            kinds = []
            for event in connection:
                kinds.append(event.type)
                if event.type == "response.completed":
                    break
        assert kinds[:2] == ["response.created", "response.in_progress"]

    def test_what_codex_reads_of_a_refusal(self):
        with outage() as chaos:

            async def refused():
                async with websockets.connect(RESPONSES, additional_headers=KEY) as ws:
                    chaos.on("openai").inject(rate_limited(retry_after=7), times=1)
                    asked = {"type": "response.create", "model": "gpt-5.2", "input": PROMPT}
                    await ws.send(json.dumps(asked))
                    first = json.loads(await ws.recv())
                    stale = asked | {"previous_response_id": "resp_of_another_connection"}
                    await ws.send(json.dumps(stale))
                    return first, json.loads(await ws.recv())

            first, second = asyncio.run(refused())
            assert chaos.journal[1].retry_after == 7
        assert (first["type"], first["status"]) == ("error", 429)
        assert first["headers"] == {"retry-after": "7"}
        assert (second["status"], second["error"]["code"]) == (400, "previous_response_not_found")

    def test_a_request_that_the_api_refuses_is_refused_in_the_session(self):
        async def scene():
            async with websockets.connect(RESPONSES, additional_headers=KEY) as ws:
                await ws.send(json.dumps({"type": "response.create", "input": PROMPT}))
                return json.loads(await ws.recv())

        with outage() as chaos:
            said = asyncio.run(scene())
            assert chaos.journal[1].broken_rule
        assert (said["type"], said["status"], said["error"]["param"]) == ("error", 400, "model")


class TestLive:
    @staticmethod
    def client():
        return pytest.importorskip("google.genai").Client()

    async def talk(self, prompts, config=None):
        said = []
        async with self.client().aio.live.connect(
            model="gemini-live-2.5-flash", config=config or {"response_modalities": ["TEXT"]}
        ) as session:
            for prompt in prompts:
                turn = {"role": "user", "parts": [{"text": prompt}]}
                await session.send_client_content(turns=turn, turn_complete=True)
                said.append("".join([m.text or "" async for m in session.receive()]))
        return said

    def test_turns_are_answered_one_after_the_other(self):
        with outage() as chaos:
            first, second = asyncio.run(self.talk([PROMPT, "And order KX-10002?"]))
            assert [e.status for e in chaos.journal] == [101, 101, 101]
            assert {e.model for e in list(chaos.journal)[1:]} == {"gemini-live-2.5-flash"}
        assert "KX-48213" in first
        assert "KX-10002" in second

    def test_a_function_is_called_and_its_result_is_answered_in_silence(self):
        client = self.client

        async def scene():
            config = {
                "response_modalities": ["AUDIO"],
                "output_audio_transcription": {},
                "tools": [
                    {
                        "function_declarations": [
                            {
                                "name": "track",
                                "parameters": {
                                    "type": "OBJECT",
                                    "properties": {"order": {"type": "STRING"}},
                                },
                            }
                        ]
                    }
                ],
            }
            calls, heard, words = [], b"", ""
            async with client().aio.live.connect(
                model="gemini-live-2.5-flash", config=config
            ) as session:
                turn = {"role": "user", "parts": [{"text": PROMPT}]}
                await session.send_client_content(turns=turn, turn_complete=True)
                async for message in session.receive():
                    if message.tool_call:
                        (call,) = message.tool_call.function_calls
                        calls.append(call)
                        result = {"id": call.id, "name": call.name, "response": {"at": "Zürich"}}
                        await session.send_tool_response(function_responses=[result])
                    heard += message.data or b""
                    content = message.server_content
                    if content and content.output_transcription:
                        words += content.output_transcription.text
            return calls, heard, words

        with outage():
            (call,), heard, words = asyncio.run(scene())
        assert (call.name, set(call.args)) == ("track", {"order"})
        assert set(heard) == {0}
        assert "KX-48213" in words

    @pytest.mark.parametrize(
        ("fault", "said"),
        [
            (close_session(1011, "Internal error encountered."), "1011 None. Internal error"),
            (server_error(), "1011 None. Internal error encountered."),
            (error_mid_stream(kind="not_found"), "1008 None. Requested entity was not found"),
        ],
        ids=repr,
    )
    def test_a_failure_closes_the_session_as_googles_does(self, fault, said):
        errors = pytest.importorskip("google.genai.errors")
        client = self.client

        async def scene(chaos):
            async with client().aio.live.connect(
                model="gemini-live-2.5-flash", config={"response_modalities": ["TEXT"]}
            ) as session:
                chaos.on("gemini").inject(fault)
                turn = {"role": "user", "parts": [{"text": PROMPT}]}
                await session.send_client_content(turns=turn, turn_complete=True)
                async for _ in session.receive():
                    pass

        with outage() as chaos:
            with pytest.raises(errors.APIError, match=said):
                asyncio.run(scene(chaos))
            assert chaos.journal[1].failed
