"""Small suites for pytester, each with the same app, and what pytest said about them."""

from __future__ import annotations

import re

STORM = "anthropic-529-storm"
AUTH = "anthropic-2026-04-28-auth"
WAVES = "anthropic-2026-03-02-three-waves"
BOT = """
import anthropic

SAID = {"role": "user", "content": "hi"}
REQUEST = {"model": "claude-opus-4-6", "max_tokens": 9, "messages": [SAID]}

def ask(question="hi", **options):
    said = {"role": "user", "content": question}
    message = anthropic.Anthropic(**options).messages.create(**REQUEST | {"messages": [said]})
    return message.content[0].text
"""


def names(result):
    """The ids of the tests that were run or collected, without their file."""
    return re.findall(r"test_it\.py::(\S+)", result.stdout.str())
