"""Small media files for endpoints that make media: an image, and a second of silence."""

from __future__ import annotations

import struct
from functools import cache
from zlib import compress, crc32

_RATE = 24_000  # samples a second of OpenAI's speech
_OTHER_RATE = 44_100  # of the formats that have no 24 kHz in their short tables
_SECOND = 1.0
TYPES = {
    "mp3": "audio/mpeg",
    "opus": "audio/opus",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
}


@cache
def png(width: int = 8, height: int = 8) -> bytes:
    """A grey image of this size in pixels, as PNG."""
    row = b"\0" + b"\x80\x80\x80" * width
    header = struct.pack("!IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", compress(row * height)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack("!I", len(data)) + name + data + struct.pack("!I", crc32(name + data))


@cache
def silence(kind: str) -> bytes:
    """One second of silence in one of TYPES, which are the formats of OpenAI's speech."""
    writers = {"mp3": _mp3, "opus": _ogg_opus, "aac": _adts, "flac": _flac, "wav": _wav}
    return writers.get(kind, _pcm)()


def _pcm() -> bytes:
    return b"\0\0" * int(_RATE * _SECOND)


def _wav() -> bytes:
    samples = _pcm()
    form = struct.pack("<HHIIHH", 1, 1, _RATE, _RATE * 2, 2, 16)
    inner = b"fmt " + struct.pack("<I", len(form)) + form + b"data"
    inner += struct.pack("<I", len(samples)) + samples
    return b"RIFF" + struct.pack("<I", len(inner) + 4) + b"WAVE" + inner


def _mp3() -> bytes:
    """Frames of MPEG 1, layer III, 32 kbit/s, mono, whose side information declares no data."""
    length, samples = 144 * 32_000 // _OTHER_RATE, 1152
    frame = b"\xff\xfb\x10\xc4" + b"\0" * (length - 4)
    return frame * -(-_OTHER_RATE // samples)


def _adts() -> bytes:
    """Frames of AAC-LC, mono, each with the shortest block of silence."""
    block, samples = b"\x00\xc8\x00\x80\x23\x80", 1024
    length = len(block) + 7
    header = bytes(
        (
            0xFF,
            0xF1,
            0x50,  # low complexity, 44.1 kHz
            0x40 | length >> 11,  # one channel
            length >> 3 & 0xFF,
            (length & 7) << 5 | 0x1F,
            0xFC,
        )
    )
    return (header + block) * -(-_OTHER_RATE // samples)


def _ogg_opus() -> bytes:
    """An Ogg stream of Opus: 50 packets of 20 ms that hold nothing."""
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 0, _RATE, 0, 0)
    tags = b"OpusTags" + struct.pack("<I", 9) + b"chaos_llm" + struct.pack("<I", 0)
    packets = [b"\xf8\xff\xfe"] * 50
    pages = [_page([head], 2, 0, 0), _page([tags], 0, 1, 0)]
    return b"".join([*pages, _page(packets, 4, 2, 48_000)])


def _page(packets: list[bytes], flags: int, number: int, position: int) -> bytes:
    sizes = bytes(len(packet) for packet in packets)
    body = b"".join(packets)
    serial = 0x1AB0
    head = struct.pack("<4sBBqIII", b"OggS", 0, flags, position, serial, number, 0)
    page = head + bytes((len(sizes),)) + sizes + body
    return page[:22] + struct.pack("<I", _checksum(page, 0x04C11DB7, 32)) + page[26:]


def _flac() -> bytes:
    """A FLAC stream whose frames each say that all their samples are one number: zero."""
    block = 4096
    count = -(-_RATE // block)
    info = struct.pack("!HH", block, block) + b"\0" * 6
    packed = _RATE << 44 | 0 << 41 | 15 << 36 | block * count  # mono, 16 bits
    info += packed.to_bytes(8) + b"\0" * 16
    stream = b"fLaC\x80" + len(info).to_bytes(3) + info
    for number in range(count):
        head = bytes((0xFF, 0xF8, 0xC0, 0x08, number))
        head += bytes((_checksum(head, 0x07, 8),))
        frame = head + b"\0\0\0"  # one constant subframe of 16 bits
        stream += frame + struct.pack("!H", _checksum(frame, 0x8005, 16))
    return stream


def _checksum(data: bytes, polynomial: int, bits: int) -> int:
    """A CRC, highest bit first, as Ogg (32) and FLAC (8 and 16) have it."""
    value, top, mask = 0, 1 << bits - 1, (1 << bits) - 1
    for byte in data:
        value ^= byte << bits - 8
        for _ in range(8):
            value = (value << 1 ^ polynomial) & mask if value & top else value << 1 & mask
    return value
