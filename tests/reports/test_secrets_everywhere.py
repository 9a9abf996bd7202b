"""No secret is in what is written or shown: known by its shape, or because a request carried it."""

from __future__ import annotations

import base64
import json

import httpx2
import pytest

from chaos_llm import outage
from chaos_llm.checks import stays_available
from chaos_llm.protocol.redaction import Secrets, without_shapes
from chaos_llm.reports.masking import masked

HEX, MIXED = "0123456789abcdef", "aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"
SHAPES = {
    "Anthropic": "sk-ant-api03-" + MIXED * 2,
    "Anthropic, a login": "sk-ant-oat01-" + MIXED,
    "OpenAI": "sk-proj-" + MIXED,
    "OpenAI, older": "sk-" + MIXED,
    "OpenAI, a service": "sk-svcacct-" + MIXED,
    "OpenRouter": "sk-or-v1-" + HEX * 4,
    "DeepSeek": "sk-" + HEX * 2,
    "Azure until 2024": HEX * 2,
    "Azure until 2024, in capitals": HEX.upper() * 2,
    "Azure since": MIXED + MIXED[:20] + "JQQJ99" + MIXED[:26],
    "Entra ID, a client": "abc8Q~" + MIXED + "xy",
    "Google": "AIzaSy" + MIXED,
    "Google, newer": "AQ." + MIXED,
    "Google, access": "ya29." + MIXED,
    "Google, refresh": "1//" + MIXED,
    "Google, a client": "GOCSPX-" + MIXED,
    "AWS": "AKIAIOSFODNN7EXAMPLE",
    "AWS, for a while": "ASIAIOSFODNN7EXAMPLE",
    "Bedrock": "ABSK" + MIXED * 2,
    "Bedrock, for a while": "bedrock-api-key-" + MIXED,
    "Groq": "gsk_" + MIXED,
    "xAI": "xai-" + MIXED,
    "Mistral": MIXED,
    "Cohere": MIXED + "Xy9Zw8Vu",
    "Together": HEX * 4,
    "Together, newer": "tgp_v1_" + MIXED,
    "Meta": "LLM|1234567890|" + MIXED,
    "Hugging Face": "hf_" + MIXED,
    "Perplexity": "pplx-" + MIXED,
    "Cerebras": "csk-" + MIXED,
    "NVIDIA": "nvapi-" + MIXED,
    "Fireworks": "fw_" + MIXED,
    "Replicate": "r8_" + MIXED,
    "Databricks": "dapi" + HEX * 2,
    "a JWT": JWT,
    "GitHub": "ghp_" + MIXED,
    "a bearer": "Bearer abc.def-ghi",
    "a private key": "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----",
}


@pytest.mark.parametrize("secret", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize(
    "around", ["{}", "key {}, sorry", '{{"key": "{}"}}', "a={}&b=1", "\u202e{}"]
)
def test_11_a_secret_is_known_by_its_shape(secret, around):
    message = without_shapes(around.format(secret))
    assert secret not in message
    assert "[a secret]" in message


@pytest.mark.parametrize(
    "text",
    [
        "?key=hunter2hunter2&x=1",
        "api_key='hunter2hunter2'",
        "AZURE_OPENAI_API_KEY=hunter2hunter2",
        '"client_secret": "hunter2hunter2"',
        "x-api-key: hunter2hunter2",
        "https://user:hunter2hunter2@proxy.example",
        "password=hunter2hunter2",
    ],
)
def test_11_a_secret_is_recognised_by_the_name_before_it(text):
    assert "hunter2" not in without_shapes(text)


@pytest.mark.parametrize(
    "text",
    [
        "Error code: 529 - {'type': 'error', 'error': {'type': 'overloaded_error'}}",
        "req_011CiWCvRD2McAjWQ2Gmr7Mt msg_01XFDUDYJgAACzvnptvVoYEL chatcmpl-BkX3abcdefghijklmnop",
        "550e8400-e29b-41d4-a716-446655440000 is no key, and max_tokens=100000000 is none",
        "a key-value-store-of-the-year, a task-force-of-the-century, the sk-learn-library",
        "claude-opus-4-6-20260205 and anthropic.claude-opus-4-6-v1:0 at /v1/messages",
        "Your order KX-48213: it left. Reference R7-20931-K.",
        "seed 18446744073709551615, at 2026-03-02T11:37:00Z, 99.9 % in 12:30:45",
    ],
)
def test_11_texts_that_are_no_secrets_stay(text):
    assert without_shapes(text) == text


HEADERS = {
    "x-api-key": "correct-horse-battery",
    "authorization": "Bearer a plain word or two",
    "proxy-authorization": "Basic " + base64.b64encode(b"me:open sesame now!").decode(),
    "cookie": "theme=dark; session=0ld-fashioned-biscuit",
    "x-company-token": "Z9.y8!x7",
    "ocp-apim-subscription-key": 'quo"ted\\key-1',
}
VALUES = ("correct-horse-battery", "a plain word or two", "open sesame now!",
          "0ld-fashioned-biscuit", "Z9.y8!x7", 'quo"ted\\key-1')  # fmt: skip


@pytest.mark.parametrize("value", VALUES)
def test_11_a_secret_from_a_request_header_is_recognised_by_its_value(value):
    secrets = Secrets()
    secrets.note(HEADERS)
    assert value not in secrets.masked(f"it was {value}, was it not")
    assert value not in json.loads(secrets.masked(json.dumps({"said": value})))["said"]
    assert value not in masked(f"no {value}", secrets=secrets)


def test_11_short_and_common_words_are_no_secrets():
    secrets = Secrets()
    secrets.note({"x-api-key": "test", "api-key": "anthropic", "authorization": "Bearer openai"})
    assert secrets.masked("test anthropic openai") == "test anthropic openai"


def test_11_the_latest_thousand_secrets_are_known():
    secrets = Secrets()
    for number in range(3000):
        secrets.note({"x-api-key": f"a-key-of-mine-{number}"})
    assert len(secrets) == 1000
    assert secrets.masked("a-key-of-mine-2999") == "[a secret]"


def test_11_a_secret_in_use_is_known_however_many_others_come_with_it():
    secrets, key = Secrets(), "a-key-of-mine-1"
    for number in range(1200):
        cookies = "; ".join(f"{name}=biscuit-{name}{number:05}" for name in "abc")
        secrets.note({"x-api-key": key, "cookie": cookies})
        assert secrets.masked(f"no {key}") == "no [a secret]"
    assert len(secrets) <= 1000


def test_11_texts_without_a_secret_take_no_room_of_one():
    secrets, key = Secrets(), "a-key-of-mine-1"
    secrets.note({"x-api-key": key})
    for number in range(1200):
        secrets.note({"x-token-count": str(number)}, f"limit=20&after=msg_{number}")
    assert secrets.masked(f"no {key}") == "no [a secret]"


def test_11_a_secret_that_comes_in_several_texts_takes_the_room_of_one():
    secrets, key = Secrets(), "a-key-of-mine-1"
    secrets.note({"x-api-key": key})
    same = "; ".join(f"a{n}=biscuit-number-{n:05}" for n in range(20))
    for number in range(450):
        secrets.note({"cookie": f"{same}; b=biscuit-{number:05}"})
    assert secrets.masked(f"no {key}") == "no [a secret]"


def test_11_a_header_of_thousands_of_secrets_leaves_the_latest():
    secrets = Secrets()
    secrets.note({"cookie": "; ".join(f"a{n}=biscuit-number-{n:05}" for n in range(3000))})
    assert len(secrets) == 1000
    assert secrets.masked("biscuit-number-02999") == "[a secret]"


def test_11_a_secret_that_changes_with_each_request_is_known_each_time():
    body = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]}
    with outage() as chaos:
        for number in range(3):
            httpx2.post(
                "https://api.anthropic.com/v1/messages",
                json=body | {"model": f"ticket-to-{number}-ride"},
                headers={"x-api-key": "k", "x-session-token": f"ticket-to-{number}-ride"},
            )
        written = chaos.journal.to_jsonl()
    assert written.count("[a secret]") == 3
    assert "ticket-to" not in written


def leaky(prompt):
    """An app that says its key in every way it can."""
    reply = httpx2.post(
        "https://api.anthropic.com/v1/messages",
        json={"model": "correct-horse-battery", "max_tokens": 9,
              "messages": [{"role": "user", "content": prompt}]},
        headers={"x-api-key": "correct-horse-battery"},
        params={"token": "open-sesame-2026"},
    )  # fmt: skip
    if reply.status_code != 200:
        raise ValueError(f"correct-horse-battery was refused, open-sesame-2026 too: {JWT}")
    return reply.json()["content"][0]["text"]


def test_11_no_report_of_a_replay_shows_secrets_of_its_requests():
    with outage("anthropic-529-storm") as chaos:
        report = chaos.replay(leaky, calls=40)
        with pytest.raises(AssertionError) as failed:
            report.check(stays_available(0.999))
        shown = [
            chaos.journal.to_jsonl(), chaos.timeline(), report.timeline(), report.json(),
            report.json(calls=True), report.html(), str(failed.value),
        ]  # fmt: skip
    for text in shown:
        for secret in ("correct-horse-battery", "open-sesame-2026", JWT):
            assert secret not in text
    assert "[a secret]" in chaos.journal.to_jsonl()
    json.loads(report.json())


def test_11_nor_do_pages_junit_and_the_terminal(pytester):
    pytester.makepyfile(
        f"""
        import httpx2
        import pytest
        from chaos_llm.checks import stays_available

        @pytest.mark.chaos("anthropic-529-storm")
        @pytest.mark.parametrize("key", ["{JWT}"])
        def test_asks(chaos, key):
            def ask(prompt):
                reply = httpx2.post(
                    "https://api.anthropic.com/v1/messages",
                    json={{"model": key, "max_tokens": 9,
                          "messages": [{{"role": "user", "content": prompt}}]}},
                    headers={{"x-api-key": "correct-horse-battery"}},
                )
                if reply.status_code != 200:
                    raise ValueError("correct-horse-battery " + key)
                return reply.json()["content"][0]["text"]
            chaos.replay(ask, calls=30).check(stays_available(0.999))
        """
    )
    result = pytester.runpytest_subprocess(
        "-q", "--chaos-report=pages", "--junitxml=junit.xml", "--tb=no"
    )
    result.assert_outcomes(failed=1)
    pages = list(pytester.path.joinpath("pages").iterdir())
    assert len(pages) == 5  # the index, the history, and three of the test
    for path in pages:
        assert JWT[:20] not in path.name
        for secret in ("correct-horse-battery", JWT):
            assert secret not in path.read_text(encoding="utf-8"), path
    ours = pytester.path.joinpath("junit.xml").read_text(encoding="utf-8")
    properties = ours[ours.index("<properties>") : ours.index("</properties>")]
    assert "correct-horse-battery" not in properties
