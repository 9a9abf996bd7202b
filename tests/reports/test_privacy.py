"""What is written to files."""

from __future__ import annotations

import pytest

from chaos_llm.reports.masking import masked


@pytest.mark.parametrize(
    "secret",
    [
        "sk-ant-api03-abcdefghijklmnop",
        "sk-proj-0123456789abcdef",
        "Bearer abcdefgh12345678",
        "AKIAIOSFODNN7EXAMPLE",
        "AIzaSyA1234567890abcdefghijklmnopqrstu",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        "user:hunter22",
    ],
)
def test_a_text_that_looks_like_a_secret_is_masked(secret):
    text = f"GET https://{secret}@host/ failed" if ":" in secret else f"invalid key {secret}, sorry"
    assert secret not in masked(text)
    assert "[a secret]" in masked(text)


@pytest.mark.parametrize(
    "text",
    ["Error code: 529", "req_011CiWCvRD2McAjWQ2Gmr7Mt", "task-force-of-the-century", "10:30"],
)
def test_other_texts_are_shown(text):
    assert masked(text) == text


def test_a_prompt_is_not_shown_however_it_is_broken_into_lines():
    message = "I cannot help with: my ssn is\n  078-05-1120, help, sorry"
    assert masked(message, ["my ssn is 078-05-1120, help"]) == (
        "I cannot help with: [the prompt], sorry"
    )


def test_it_is_one_line_and_short():
    assert masked("a\n\nb") == "a b"
    assert len(masked("x" * 1000)) == 300
