"""An app that asks Claude and has a retry: the container beside the mock server of compose.yaml.

It needs the standard library alone. It prints what a user would have seen.
"""

from __future__ import annotations

import json
import os
import time
import urllib.error
import urllib.request

URL = os.environ.get("ANTHROPIC_BASE_URL", "https://api.anthropic.com").rstrip("/")
QUESTIONS = int(os.environ.get("QUESTIONS", "5"))
PAUSES = (1, 2)  # seconds before the second and the third attempt


def ask(question: str) -> str:
    """The answer to a question; after three failures an apology."""
    for pause in (*PAUSES, None):
        try:
            return once(question)
        except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
            print(f"  {question}: {error}", flush=True)
        if pause is not None:
            time.sleep(pause)
    return "Sorry, please ask again in a few minutes."


def once(question: str) -> str:
    """One request of the Messages API."""
    asked = {
        "model": "claude-sonnet-5-5",
        "max_tokens": 300,
        "messages": [{"role": "user", "content": question}],
    }
    headers = {
        "content-type": "application/json",
        "anthropic-version": "2023-06-01",
        "x-api-key": os.environ.get("ANTHROPIC_API_KEY", ""),
    }
    data = json.dumps(asked).encode()
    request = urllib.request.Request(f"{URL}/v1/messages", data, headers)
    with urllib.request.urlopen(request, timeout=20) as reply:
        return str(json.load(reply)["content"][0]["text"])


if __name__ == "__main__":
    for number in range(1, QUESTIONS + 1):
        print(f"{number}: {ask(f'Where is order {number}?')}", flush=True)
