from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import jsonschema
import pytest

from chaos_llm.answers.healthy_answers import HealthyAnswers
from chaos_llm.faults import truncated_answer
from chaos_llm.faults.fault import FaultContext
from chaos_llm.protocol.keyed_random import KeyedRandom
from chaos_llm.protocol.markers import find, find_references
from chaos_llm.protocol.messages import Refusal, Request, Tool

REQUEST = Request(
    "anthropic",
    "messages",
    "api",
    "api.anthropic.com",
    "/v1/messages",
    prompt="Where is my order KX-48213?",
    input_tokens=12,
)
ORDER = {
    "type": "object",
    "properties": {
        "order_id": {"type": "string", "pattern": "^[A-Z]{2}-[0-9]{5}$"},
        "reason": {"type": "string", "enum": ["late", "broken"]},
        "note": {"type": "string"},
    },
    "required": ["order_id", "reason"],
    "additionalProperties": False,
}
LOOK_UP, REFUND = Tool("look_up", ORDER), Tool("refund", {"type": "object", "properties": {}})


def test_an_answer_echoes_the_token_first_and_closes_with_a_reference():
    text = HealthyAnswers(1).answer(REQUEST, "key").text
    assert text.startswith("Your order KX-48213: ")
    (mark,) = find_references(text)
    assert text.endswith(f"Reference {mark}.")


def test_every_token_of_the_prompt_is_echoed():
    prompt = "Swap AB-12345 for KX-48213, please, and AB-12345 back."
    text = HealthyAnswers(1).answer(replace(REQUEST, prompt=prompt), "key").text
    assert find(text) == ("AB-12345", "KX-48213")


def test_a_prompt_without_a_token_gets_no_token():
    text = HealthyAnswers(1).answer(replace(REQUEST, prompt="Hello!"), "key").text
    assert find(text) == ()
    assert len(find_references(text)) == 1


def test_answers_are_two_or_three_different_sentences():
    script, counts = HealthyAnswers(1), set()
    for n in range(300):
        body = script.answer(REQUEST, (n,)).text.partition(": ")[2].partition(" Reference")[0]
        sentences = body.removesuffix(".").split(". ")
        kinds = {" ".join(w for w in s.split() if w.islower()) for s in sentences}
        assert len(kinds) == len(sentences)
        counts.add(len(sentences))
    assert counts == {2, 3}


def test_the_answer_depends_on_seed_and_key_and_not_on_order():
    one, other = HealthyAnswers(1), HealthyAnswers(1)
    forward = [one.answer(REQUEST, ("a", n)) for n in range(20)]
    backward = [other.answer(REQUEST, ("a", n)) for n in reversed(range(20))]
    assert forward == backward[::-1]
    assert len({answer.text for answer in forward}) == 20
    assert forward != [HealthyAnswers(2).answer(REQUEST, ("a", n)) for n in range(20)]


def test_a_key_may_be_a_text():
    assert HealthyAnswers(1).answer(REQUEST, "key") == HealthyAnswers(1).answer(REQUEST, ("key",))


@pytest.mark.parametrize("hash_seed", ["0", "1"])
def test_another_process_gives_the_same_answer(hash_seed):
    code = (
        "from chaos_llm.answers.healthy_answers import HealthyAnswers;"
        "from chaos_llm.protocol.messages import Request;"
        "r = Request('p', 'a', 'api', 'h', '/', prompt='KX-48213');"
        "print(HealthyAnswers(1).answer(r, ('k', 3)).text, end='')"
    )
    request = Request("p", "a", "api", "h", "/", prompt="KX-48213")
    shown = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": ":".join(sys.path)},
    ).stdout
    assert shown == HealthyAnswers(1).answer(request, ("k", 3)).text


def test_usage_counts_the_request_s_tokens_and_four_letters_for_one_of_its_own():
    answer = HealthyAnswers(1).answer(REQUEST, "key")
    assert answer.usage.input_tokens == 12
    assert answer.usage.output_tokens == pytest.approx(len(answer.text) / 4, abs=1)


def test_the_first_tool_that_is_offered_is_called_with_valid_arguments():
    answer = HealthyAnswers(1).answer(replace(REQUEST, tools=(LOOK_UP, REFUND)), "key")
    (call,) = answer.tool_calls
    assert (call.name, answer.stop, answer.text) == ("look_up", "tool", "")
    arguments = json.loads(call.arguments)
    jsonschema.validate(arguments, ORDER)
    assert arguments["order_id"] == arguments["note"] == "KX-48213"


def test_the_forced_tool_is_called():
    request = replace(REQUEST, tools=(LOOK_UP, REFUND), forced_tool="refund")
    (call,) = HealthyAnswers(1).answer(request, "key").tool_calls
    assert (call.name, call.arguments) == ("refund", "{}")


def test_any_tool_will_do_where_one_must_be_called():
    request = replace(REQUEST, tools=(LOOK_UP, REFUND), forced_tool="")
    assert HealthyAnswers(1).answer(request, "key").tool_calls[0].name == "look_up"


def test_after_a_tool_s_result_comes_text_so_that_an_agent_ends():
    request = replace(REQUEST, tools=(LOOK_UP,), forced_tool="look_up", answers_tool=True)
    answer = HealthyAnswers(1).answer(request, "key")
    assert (answer.tool_calls, answer.stop) == ((), "end")
    assert find(answer.text) == ("KX-48213",)


def test_tool_arguments_are_an_object_even_if_the_schema_does_not_say_so():
    (call,) = HealthyAnswers(1).answer(replace(REQUEST, tools=(Tool("f", {}),)), "key").tool_calls
    assert json.loads(call.arguments) == {}


def test_a_tool_without_a_token_in_the_prompt_gets_words():
    request = replace(REQUEST, prompt="Hi", tools=(Tool("f", {"properties": {"q": {}}}),))
    (call,) = HealthyAnswers(1).answer(request, "key").tool_calls
    assert len(json.loads(call.arguments)["q"].split()) > 3


def test_a_structured_answer_is_valid_and_echoes_in_every_free_text():
    answer = HealthyAnswers(1).answer(replace(REQUEST, schema=ORDER), "key")
    message = json.loads(answer.text)
    jsonschema.validate(message, ORDER)
    assert message["order_id"] == "KX-48213"
    assert find(message["note"]) == ("KX-48213",)
    assert find_references(message["note"]) == find_references(answer.text)


def test_a_short_field_has_token_and_reference_alone():
    schema = {"type": "object", "properties": {"s": {"type": "string", "maxLength": 20}}}
    message = json.loads(HealthyAnswers(1).answer(replace(REQUEST, schema=schema), "key").text)["s"]
    assert find(message) == ("KX-48213",)
    assert len(find_references(message)) == 1


@pytest.mark.parametrize("schema", [{}, {"type": "object"}])
def test_json_mode_without_a_schema_is_an_object_that_answers(schema):
    message = json.loads(HealthyAnswers(1).answer(replace(REQUEST, schema=schema), "key").text)
    assert find(message["answer"]) == ("KX-48213",)


def test_an_object_that_must_be_empty_is_empty():
    schema = {"type": "object", "additionalProperties": False}
    assert HealthyAnswers(1).answer(replace(REQUEST, schema=schema), "key").text == "{}"


@pytest.mark.parametrize(
    "schema", [{"type": "integer", "minimum": 3, "maximum": 2}, {"$ref": "#/x"}]
)
def test_a_schema_without_a_value_is_refused_and_named(schema):
    for request in (
        replace(REQUEST, schema=schema),
        replace(REQUEST, tools=(Tool("f", {"properties": {"x": schema}, "required": ["x"]}),)),
    ):
        refusal = HealthyAnswers(1).answer(request, "key")
        assert isinstance(refusal, Refusal)
        assert refusal.kind == "invalid_request"
        assert "JSON schema" in refusal.message


def test_a_truncated_answer_has_the_token_and_no_reference():
    answer = HealthyAnswers(1).answer(REQUEST, "key")
    cut = truncated_answer().on_answer(answer, FaultContext(REQUEST, KeyedRandom(1)))
    assert find(cut.text) == ("KX-48213",)
    assert find_references(cut.text) == ()


def test_faker_is_not_imported_before_the_first_answer():
    code = "import sys, chaos_llm.answers.healthy_answers; assert 'faker' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})
