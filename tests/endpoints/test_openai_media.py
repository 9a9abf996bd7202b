"""OpenAI's moderations, images, speech and transcriptions, by its SDK."""

from __future__ import annotations

import io
import struct
import wave
from base64 import b64decode

import httpx
import openai
import pytest

from chaos_llm import outage
from chaos_llm.faults import overloaded
from chaos_llm.providers.media_files import TYPES

KEY = {"authorization": "Bearer sk-test"}
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def client():
    with outage():
        yield openai.OpenAI(api_key="k", max_retries=0)


def test_b2_a_moderation_finds_nothing_on_a_healthy_day(client):
    told = client.moderations.create(model="omni-moderation-latest", input=["a", "b"])
    assert [result.flagged for result in told.results] == [False, False]
    assert told.results[0].categories.violence is False
    assert 0 < told.results[0].category_scores.violence < 0.01


def test_a_moderation_of_several_parts_is_one(client):
    parts = [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": "u"}}]
    (result,) = client.moderations.create(input=parts).results
    assert result.category_applied_input_types.violence == ["image", "text"]


def test_b2_an_image_is_a_small_png(client):
    made = client.images.generate(model="gpt-image-1", prompt="a van", n=2)
    assert [b64decode(image.b64_json)[:8] for image in made.data] == [PNG, PNG]
    assert made.usage.total_tokens == made.usage.input_tokens + made.usage.output_tokens


def test_an_image_by_address_can_be_fetched(client):
    (image,) = client.images.generate(model="dall-e-3", prompt="a van").data
    assert image.revised_prompt == "a van"
    picture = httpx.get(image.url)
    assert picture.headers["content-type"] == "image/png"
    assert picture.content.startswith(PNG)


def test_an_image_is_edited_from_a_form(client):
    made = client.images.edit(model="gpt-image-1", image=io.BytesIO(PNG), prompt="greyer")
    assert b64decode(made.data[0].b64_json).startswith(PNG)


@pytest.mark.parametrize("kind", TYPES)
def test_b2_speech_is_a_second_of_silence_in_the_format_that_was_asked_for(client, kind):
    said = client.audio.speech.create(
        model="tts-1", voice="alloy", input="hello", response_format=kind
    )
    beginnings = {"mp3": b"\xff\xfb", "opus": b"OggS", "aac": b"\xff\xf1", "flac": b"fLaC"}
    assert said.response.headers["content-type"] == TYPES[kind]
    assert said.content.startswith(beginnings.get(kind, said.content[:4]))
    if kind == "wav":
        with wave.open(io.BytesIO(said.content)) as file:
            assert file.getnframes() == file.getframerate()
            assert not any(file.readframes(file.getnframes()))
    if kind == "pcm":
        assert len(said.content) == 2 * 24_000


def test_every_frame_of_the_mp3_is_where_the_one_before_ends(client):
    said = client.audio.speech.create(model="tts-1", voice="alloy", input="hello")
    length = 144 * 32_000 // 44_100
    frames = [said.content[at : at + 4] for at in range(0, len(said.content), length)]
    assert set(frames) == {b"\xff\xfb\x10\xc4"}
    assert 0.99 < len(frames) * 1152 / 44_100 < 1.03


def test_the_pages_of_the_ogg_stream_have_the_right_checksums(client):
    data = client.audio.speech.create(
        model="tts-1", voice="alloy", input="hello", response_format="opus"
    ).content
    position = 0
    while data:
        segments = data[26]
        length = 27 + segments + sum(data[27 : 27 + segments])
        page, data = data[:length], data[length:]
        (told,) = struct.unpack("<I", page[22:26])
        assert crc(page[:22] + b"\0\0\0\0" + page[26:]) == told
        (position,) = struct.unpack("<q", page[6:14])
    assert position == 48_000  # Opus counts samples at 48 kHz, whatever is played


def crc(data: bytes) -> int:
    """The CRC-32 of RFC 3533, bit by bit."""
    value = 0
    for bit in "".join(f"{byte:08b}" for byte in data):
        carry = value >> 31 ^ int(bit)
        value = value << 1 & 0xFFFFFFFF
        value ^= 0x04C11DB7 if carry else 0
    return value


def test_b2_a_transcription_is_a_text_in_every_form(client):
    def heard(form, **more):
        file = ("a.wav", b"RIFF....")
        return client.audio.transcriptions.create(
            model="whisper-1", file=file, response_format=form, **more
        )

    assert heard("json").text.endswith(".")
    assert heard("verbose_json").segments[0].end == 1.0
    assert heard("text").endswith(".\n")
    assert heard("srt").startswith("1\n00:00:00,000 -->")
    assert heard("vtt").startswith("WEBVTT")


def test_a_transcription_can_be_streamed(client):
    events = client.audio.transcriptions.create(
        model="gpt-4o-transcribe", file=("a.wav", b"RIFF"), stream=True
    )
    *deltas, done = events
    assert "".join(event.delta for event in deltas) == done.text


def test_media_fail_as_the_models_do():
    with outage() as chaos, pytest.raises(openai.InternalServerError, match="overloaded"):
        chaos.on("openai").inject(overloaded())
        openai.OpenAI(api_key="k", max_retries=0).moderations.create(input="a")


def test_the_same_seed_hears_the_same():
    def heard(seed):
        with outage(seed=seed):
            client = openai.OpenAI(api_key="k")
            return client.audio.transcriptions.create(model="m", file=("a.wav", b"RIFF")).text

    assert heard(1) == heard(1)
    assert heard(1) != heard(2)
