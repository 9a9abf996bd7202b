"""Text in pieces, ids and small things that formats share."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chaos_llm.protocol.messages import Chunk
from chaos_llm.providers.framing import (
    base58,
    bearer,
    broken_at,
    count_pieces,
    last_prompt,
    seconds,
    split,
    text_of,
)

texts = st.text(max_size=200) | st.text(alphabet=" ab\n{}", max_size=200)


@given(texts)
@example("")
@example(" ")
@example("  two  spaces ")
@example('{"compact":"json","of":["some","length",1,2,3]}')
def test_pieces_add_up_to_the_text_and_none_is_empty(text):
    assert "".join(split(text)) == text
    assert all(split(text))


@given(texts)
def test_pieces_are_counted_as_they_are_cut(text):
    assert count_pieces(text) == len(split(text))


def test_words_keep_the_space_before_them():
    assert split("Order KX-48213 is late.") == ["Order", " KX-48213", " is", " late."]


def test_a_text_without_spaces_is_cut_into_slices():
    assert split('{"order":"KX-48213","days":30}') == ['{"order":"KX', '-48213","day', 's":30}']


@given(st.integers(0, 2**256 - 1))
def test_an_id_has_the_letters_of_base58(number):
    text = base58(number, 24)
    assert len(text) == 24
    assert not set(text) & set("0OIl")


@pytest.mark.parametrize(
    ("header", "token"),
    [("Bearer abc", "abc"), ("bearer  abc ", "abc"), ("Basic abc", ""), ("Bearer", ""), ("", "")],
)
def test_a_bearer_token_is_taken_out_of_its_header(header, token):
    assert bearer(header) == token


@pytest.mark.parametrize(
    ("value", "text"), [(7, "7"), (7.0, "7"), (13262.0, "13262"), (0.174, "0.174"), (0, "0")]
)
def test_seconds_have_no_decimal_point_where_they_are_whole(value, text):
    assert seconds(value) == text


def test_text_is_that_of_all_parts_and_of_nothing_else():
    parts = [{"type": "text", "text": "a"}, {"type": "image"}, "odd", {"type": "text", "text": "b"}]
    assert text_of(parts) == "a\nb"
    assert text_of(None) == ""


def test_the_prompt_is_the_last_user_message_with_text():
    result = {"role": "user", "content": [{"type": "tool_result", "content": "42"}]}
    messages = [
        {"role": "user", "content": "first"},
        {"role": "user", "content": "second"},
        {"role": "assistant", "content": "hm"},
        result,
        "no message at all",
    ]
    assert last_prompt(messages) == "second"
    assert last_prompt([]) == ""


def test_a_stream_breaks_behind_its_last_kept_piece():
    said = [Chunk(0.0, name, name.isupper()) for name in (b"s", b"A", b"B", b"e", b"C", b"x")]
    assert [chunk.data for chunk in broken_at(said, 0.0)] == [b"s"]
    assert [chunk.data for chunk in broken_at(said, 0.67)] == [b"s", b"A", b"B"]
    assert [chunk.data for chunk in broken_at(said, 1.0)] == [b"s", b"A", b"B", b"e", b"C"]
