"""What OpenAI keeps: files, batches, vector stores, assistants and responses, by its SDK."""

from __future__ import annotations

import json
import time

import openai
import pytest

from chaos_llm import outage
from chaos_llm.protocol.markers import find_references

MODEL = "gpt-4o-mini"
TRACK = {
    "type": "function",
    "function": {
        "name": "track",
        "parameters": {"type": "object", "properties": {"order": {"type": "string"}}},
    },
}


@pytest.fixture
def client():
    with outage():
        yield openai.OpenAI(api_key="k", max_retries=0)


def test_b2_a_file_is_kept_read_listed_and_deleted(client):
    made = client.files.create(file=("notes.txt", b"abc"), purpose="assistants")
    assert (made.filename, made.bytes, made.status) == ("notes.txt", 3, "processed")
    assert client.files.content(made.id).content == b"abc"
    assert [file.id for file in client.files.list()] == [made.id]
    assert client.files.delete(made.id).deleted
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve(made.id)


def line(number, **body):
    asked = {"model": MODEL, "messages": [{"role": "user", "content": f"Question {number}?"}]}
    url = "/v1/chat/completions"
    return {"custom_id": f"q{number}", "method": "POST", "url": url, "body": asked | body}


def batch(client, *lines):
    data = "\n".join(json.dumps(each) for each in lines).encode()
    file = client.files.create(file=("in.jsonl", data), purpose="batch")
    return client.batches.create(
        input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h"
    )


def test_b2_a_batch_is_validated_worked_on_and_answered(client):
    made = batch(client, line(1), line(2))
    states = [made.status]
    for wait in (15, 290, 10):
        time.sleep(wait)
        states.append(client.batches.retrieve(made.id).status)
    assert states == ["validating", "in_progress", "finalizing", "completed"]
    done = client.batches.retrieve(made.id)
    assert (done.request_counts.completed, done.request_counts.total) == (2, 2)
    answers = [
        json.loads(each) for each in client.files.content(done.output_file_id).text.split("\n")[:-1]
    ]
    assert [each["custom_id"] for each in answers] == ["q1", "q2"]
    for each in answers:
        assert each["response"]["status_code"] == 200
        text = each["response"]["body"]["choices"][0]["message"]["content"]
        assert find_references(text)


def test_a_batch_is_cancelled(client):
    made = batch(client, line(1))
    assert client.batches.cancel(made.id).status == "cancelling"
    time.sleep(11)
    assert client.batches.retrieve(made.id).status == "cancelled"


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([line(1), line(1)], "duplicate_custom_id"),
        ([line(1, stream=True)], "streaming_unsupported"),
        ([line(1) | {"url": "/v1/embeddings"}], "invalid_url"),
        (["no object"], "invalid_json_line"),
    ],
)
def test_a_bad_line_fails_the_batch_with_its_code(client, lines, code):
    made = batch(client, *lines)
    time.sleep(11)
    failed = client.batches.retrieve(made.id)
    assert failed.status == "failed"
    assert [error.code for error in failed.errors.data] == [code]


def test_b2_a_vector_store_is_filled_and_searched(client):
    file = client.files.create(file=("notes.txt", b"Orders leave at noon."), purpose="assistants")
    store = client.vector_stores.create(name="notes")
    client.vector_stores.files.create_and_poll(file.id, vector_store_id=store.id)
    assert client.vector_stores.retrieve(store.id).file_counts.completed == 1
    (hit,) = client.vector_stores.search(store.id, query="When?").data
    assert (hit.filename, hit.content[0].text) == ("notes.txt", "Orders leave at noon.")
    assert client.vector_stores.delete(store.id).deleted


def test_a_vector_store_takes_many_files_at_once(client):
    files = [
        client.files.create(file=(f"{n}.txt", b"x"), purpose="assistants").id for n in range(3)
    ]
    store = client.vector_stores.create()
    job = client.vector_stores.file_batches.create_and_poll(store.id, file_ids=files)
    assert job.file_counts.completed == 3
    assert len(list(client.vector_stores.files.list(store.id))) == 3


# OpenAI's SDK calls the whole of the assistants deprecated.
deprecated = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@deprecated
def test_b2_an_assistant_answers_on_its_thread(client):
    assistant = client.beta.assistants.create(model=MODEL, instructions="Be brief.")
    thread = client.beta.threads.create()
    client.beta.threads.messages.create(thread.id, role="user", content="Where is KX-48213?")
    run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    assert run.status == "completed"
    newest = client.beta.threads.messages.list(thread.id).data[0]
    assert newest.role == "assistant"
    assert "KX-48213" in newest.content[0].text.value


@deprecated
def test_an_assistant_with_a_tool_waits_for_what_it_gives(client):
    assistant = client.beta.assistants.create(model=MODEL, tools=[TRACK])
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "KX-48213?"}])
    run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    assert run.status == "requires_action"
    (call,) = run.required_action.submit_tool_outputs.tool_calls
    assert call.function.name == "track"
    run = client.beta.threads.runs.submit_tool_outputs_and_poll(
        run_id=run.id,
        thread_id=thread.id,
        tool_outputs=[{"tool_call_id": call.id, "output": "on time"}],
    )
    assert run.status == "completed"


@deprecated
def test_a_run_can_be_streamed(client):
    assistant = client.beta.assistants.create(model=MODEL)
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "KX-48213?"}])
    with client.beta.threads.runs.stream(thread_id=thread.id, assistant_id=assistant.id) as stream:
        text = "".join(stream.text_deltas)
    assert "KX-48213" in text


def test_b7_a_response_in_the_background_is_queued_and_then_there(client):
    made = client.responses.create(model="gpt-5", input="KX-48213?", background=True)
    states = [made.status]
    for wait in (5, 20):
        time.sleep(wait)
        states.append(client.responses.retrieve(made.id).status)
    assert states == ["queued", "in_progress", "completed"]
    assert "KX-48213" in client.responses.retrieve(made.id).output_text


def test_a_response_in_the_background_is_cancelled(client):
    made = client.responses.create(model="gpt-5", input="hi", background=True)
    assert client.responses.cancel(made.id).status == "cancelled"
    time.sleep(30)
    assert client.responses.retrieve(made.id).status == "cancelled"


def test_b2_a_response_is_retrieved_as_it_was_said_and_deleted(client):
    made = client.responses.create(model=MODEL, input="Where is KX-48213?")
    again = client.responses.retrieve(made.id)
    assert again.output_text == made.output_text
    (item,) = client.responses.input_items.list(made.id)
    assert item.content[0].text == "Where is KX-48213?"
    client.responses.delete(made.id)
    with pytest.raises(openai.NotFoundError, match="not found"):
        client.responses.retrieve(made.id)


def test_what_a_test_chose_to_be_said_is_what_is_retrieved():
    with outage() as chaos:
        chaos.on("openai").answers("All is well.")
        client = openai.OpenAI(api_key="k")
        made = client.responses.create(model=MODEL, input="hi")
        assert client.responses.retrieve(made.id).output_text == "All is well."
        later = client.responses.create(model=MODEL, input="hi", background=True)
        time.sleep(60)
        assert client.responses.retrieve(later.id).output_text == "All is well."


def test_a_response_that_is_not_stored_is_not_there(client):
    made = client.responses.create(model=MODEL, input="hi", store=False)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(made.id)


def test_the_tokens_of_a_request_are_counted(client):
    assert client.responses.input_tokens.count(model=MODEL, input="x" * 400).input_tokens > 100
