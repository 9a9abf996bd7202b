"""Endpoints beside the model at other vendors, by their SDKs."""

from __future__ import annotations

import anthropic
import httpx2
import openai
import pytest

from chaos_llm import outage
from chaos_llm.faults import overloaded

KEYS = {"aws_access_key_id": "AKIA", "aws_secret_access_key": "s", "region_name": "us-east-1"}


@pytest.fixture(autouse=True)
def healthy():
    with outage() as chaos:
        yield chaos


def test_b2_anthropics_files_are_kept_and_deleted():
    files = anthropic.Anthropic(api_key="k").beta.files
    made = files.upload(file=("notes.txt", b"abc", "text/plain"))
    assert (made.filename, made.size_bytes, made.mime_type) == ("notes.txt", 3, "text/plain")
    assert [file.id for file in files.list()] == [made.id]
    assert files.retrieve_metadata(made.id).id == made.id
    files.delete(made.id)
    with pytest.raises(anthropic.NotFoundError, match="File not found"):
        files.retrieve_metadata(made.id)


def test_b2_coheres_rerank_sorts_by_the_words_in_common(cohere):
    client = cohere.ClientV2("k")
    documents = ["Nothing here.", "The order KX-48213 left.", "An order."]
    ranked = client.rerank(model="rerank-v3.5", query="order KX-48213", documents=documents)
    assert [result.index for result in ranked.results] == [1, 2, 0]
    scores = [result.relevance_score for result in ranked.results]
    assert scores == sorted(scores, reverse=True)
    few = client.rerank(model="rerank-v3.5", query="order", documents=documents, top_n=1)
    assert len(few.results) == 1


def test_b2_coheres_first_chat_answers_whole_and_streamed(cohere):
    client = cohere.Client("k")
    assert "KX-48213" in client.chat(message="Where is KX-48213?").text
    events = list(client.chat_stream(message="Where is KX-48213?"))
    text = "".join(event.text for event in events if event.event_type == "text-generation")
    assert "KX-48213" in text
    assert events[-1].event_type == "stream-end"
    assert events[-1].response.text == text


def test_coheres_first_chat_calls_a_tool(cohere):
    tool = {
        "name": "track",
        "description": "d",
        "parameter_definitions": {"days": {"type": "int", "required": True}},
    }
    (call,) = cohere.Client("k").chat(message="KX-48213?", tools=[tool]).tool_calls
    assert call.name == "track"
    assert isinstance(call.parameters["days"], int)


def test_coheres_tokens_come_back_as_the_text_that_they_are(cohere):
    client = cohere.Client("k")
    tokens = client.tokenize(text="Where is it?", model="command-r", offline=False).tokens
    assert len(tokens) == 3
    told = client.detokenize(tokens=tokens, model="command-r", offline=False)
    assert told.text == "Where is it?"


def test_b2_a_guardrail_finds_nothing_and_counts_its_units(boto3):
    client = boto3.client("bedrock-runtime", **KEYS)
    text = {"text": {"text": "x" * 1500}}
    found = client.apply_guardrail(
        guardrailIdentifier="gr-1", guardrailVersion="1", source="INPUT", content=[text]
    )
    assert found["action"] == "NONE"
    assert found["usage"]["contentPolicyUnits"] == 2


def test_the_trace_of_a_guardrail_is_in_the_reply_that_asked_for_it(boto3):
    client = boto3.client("bedrock-runtime", **KEYS)
    asked = {
        "modelId": "anthropic.claude-sonnet-4-5-v1:0",
        "messages": [{"role": "user", "content": [{"text": "hi"}]}],
    }
    config = {"guardrailIdentifier": "gr-1", "guardrailVersion": "1", "trace": "enabled"}
    traced = client.converse(**asked, guardrailConfig=config)
    assert "gr-1" in traced["trace"]["guardrail"]["inputAssessment"]
    assert "trace" not in client.converse(**asked)


@pytest.mark.parametrize(
    ("model", "body", "read"),
    [
        (
            "mistral.mistral-7b-instruct-v0:2",
            {"prompt": "<s>[INST] KX-48213? [/INST]", "max_tokens": 300},
            lambda told: told["outputs"][0]["text"],
        ),
        (
            "mistral.mistral-large-2407-v1:0",
            {"messages": [{"role": "user", "content": "KX-48213?"}]},
            lambda told: told["choices"][0]["message"]["content"],
        ),
        (
            "cohere.command-text-v14",
            {"prompt": "KX-48213?", "max_tokens": 300},
            lambda told: told["generations"][0]["text"],
        ),
        ("cohere.command-r-v1:0", {"message": "KX-48213?"}, lambda told: told["text"]),
        (
            "ai21.jamba-1-5-large-v1:0",
            {"messages": [{"role": "user", "content": "KX-48213?"}]},
            lambda told: told["choices"][0]["message"]["content"],
        ),
        (
            "ai21.j2-ultra-v1",
            {"prompt": "KX-48213?"},
            lambda told: told["completions"][0]["data"]["text"],
        ),
        (
            "amazon.titan-text-express-v1",
            {"inputText": "KX-48213?", "textGenerationConfig": {"maxTokenCount": 300}},
            lambda told: told["results"][0]["outputText"],
        ),
        (
            "us.amazon.nova-lite-v1:0",
            {"messages": [{"role": "user", "content": [{"text": "KX-48213?"}]}]},
            lambda told: told["output"]["message"]["content"][0]["text"],
        ),
        (
            "us.deepseek.r1-v1:0",
            {"prompt": "KX-48213?"},
            lambda told: told["choices"][0]["text"],
        ),
        (
            "openai.gpt-oss-120b-1:0",
            {"messages": [{"role": "user", "content": "KX-48213?"}]},
            lambda told: told["choices"][0]["message"]["content"],
        ),
        (
            "anthropic.claude-v2:1",
            {"prompt": "\n\nHuman: KX-48213?\n\nAssistant:", "max_tokens_to_sample": 300},
            lambda told: told["completion"],
        ),
        (
            "meta.llama3-70b-instruct-v1:0",
            {"prompt": "KX-48213?"},
            lambda told: told["generation"],
        ),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_b9_every_family_of_bedrocks_has_its_own_dialect(model, body, read, boto3):
    import json  # noqa: PLC0415 - beside what it reads

    client = boto3.client("bedrock-runtime", **KEYS)
    reply = client.invoke_model(modelId=model, body=json.dumps(body))
    assert "KX-48213" in read(json.loads(reply["body"].read()))


def test_b9_a_model_that_cannot_stream_says_so(boto3):
    client = boto3.client("bedrock-runtime", **KEYS)
    with pytest.raises(client.exceptions.ValidationException, match="unsupported for streaming"):
        client.invoke_model_with_response_stream(
            modelId="ai21.j2-ultra-v1", body='{"prompt": "hi"}'
        )


def test_b2_the_doors_of_openais_api_answer_and_think_in_their_own_fields():
    asked = {"messages": [{"role": "user", "content": "Where is KX-48213?"}]}
    for address, model, field in (
        ("http://localhost:11434/v1", "deepseek-r1", "reasoning"),
        ("https://generativelanguage.googleapis.com/v1beta/openai/", "gemini-2.0-flash", ""),
        ("https://api.anthropic.com/v1/", "claude-sonnet-4-5", ""),
        ("https://api.mistral.ai/v1", "mistral-large-latest", ""),
        ("https://api.x.ai/v1", "grok-4", "reasoning_content"),
        ("https://openrouter.ai/api/v1", "openai/gpt-oss-20b", "reasoning"),
    ):
        client = openai.OpenAI(api_key="k", base_url=address)
        message = client.chat.completions.create(model=model, **asked).choices[0].message
        assert "KX-48213" in message.content, address
        assert not field or getattr(message, field), address
        chunks = client.chat.completions.create(model=model, stream=True, **asked)
        text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
        assert "KX-48213" in text, address


def test_geminis_door_signs_its_call():
    tool = {"type": "function", "function": {"name": "track", "parameters": {}}}
    address = "https://generativelanguage.googleapis.com/v1beta/openai/"
    client = openai.OpenAI(api_key="k", base_url=address)
    reply = client.chat.completions.create(
        model="gemini-3-flash-preview",
        messages=[{"role": "user", "content": "hi"}],
        tools=[tool],
    )
    (call,) = reply.choices[0].message.tool_calls
    assert call.extra_content["google"]["thought_signature"]


def test_b2_embeddings_and_responses_are_served_where_vendors_have_them():
    for address in (
        "http://localhost:11434/v1",
        "https://generativelanguage.googleapis.com/v1beta/openai/",
        "https://api.mistral.ai/v1",
        "https://openrouter.ai/api/v1",
        "https://api.together.xyz/v1",
    ):
        client = openai.OpenAI(api_key="k", base_url=address)
        made = client.embeddings.create(model="m", input="a", encoding_format="float")
        assert len(made.data[0].embedding) > 100, address
    for address, model in (
        ("https://api.x.ai/v1", "grok-4"),
        ("https://openrouter.ai/api/v1", "openai/gpt-4o"),
        ("https://api.groq.com/openai/v1", "openai/gpt-oss-20b"),
        ("https://api.deepseek.com", "deepseek-chat"),
        ("http://localhost:11434/v1", "llama3.2"),
    ):
        client = openai.OpenAI(api_key="k", base_url=address)
        made = client.responses.create(model=model, input="Where is KX-48213?")
        assert "KX-48213" in made.output_text, address


def test_b2_completions_of_a_prompt_are_served():
    client = openai.OpenAI(api_key="k")
    whole = client.completions.create(model="gpt-3.5-turbo-instruct", prompt="KX-48213?")
    assert (whole.choices[0].finish_reason, whole.usage.completion_tokens) == ("length", 16)
    long = client.completions.create(model="m", prompt=["a?", "KX-48213?"], max_tokens=300, n=1)
    assert [choice.index for choice in long.choices] == [0, 1]
    stream = client.completions.create(model="m", prompt="KX-48213?", max_tokens=300, stream=True)
    assert "KX-48213" in "".join(chunk.choices[0].text for chunk in stream)


def test_ollamas_older_embeddings_and_its_root_are_there(ollama):
    assert len(ollama.Client().embeddings(model="m", prompt="a").embedding) == 768
    assert httpx2.get("http://localhost:11434/").text == "Ollama is running"


def test_mistrals_sdk_reads_embeddings(mistral):
    with mistral(api_key="k") as client:
        made = client.embeddings.create(model="mistral-embed", inputs=["a", "b"])
    assert len(made.data) == 2


def test_what_is_beside_the_model_fails_with_it(healthy, cohere):
    healthy.on("cohere").inject(overloaded())
    with pytest.raises(cohere.ServiceUnavailableError):
        cohere.ClientV2("k").rerank(
            model="m", query="q", documents=["d"], request_options={"max_retries": 0}
        )
