"""A load test of a mock provider.

    locust -f deploy/load_tests/locustfile.py --host http://127.0.0.1:8080

In place of the provider ask your app; CHAOS_LLM_URL is then the mock server's address.
"""

from __future__ import annotations

import os
from typing import Any

from locust import FastHttpUser, constant_throughput, events, task

from chaos_llm.locust_windows import draw_windows

HEADERS = {"x-api-key": "sk-ant-placeholder", "anthropic-version": "2023-06-01"}
ASKED = {
    "model": "claude-opus-4-6",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "Where is order KX-48213?"}],
}


@events.init.add_listener
def follow_the_outage(environment: Any, **_: Any) -> None:
    url = os.environ.get("CHAOS_LLM_URL") or environment.host
    draw_windows(environment, url, token=os.environ.get("CHAOS_LLM_ADMIN_TOKEN", ""))


class Customer(FastHttpUser):
    """Asks twice a second."""

    wait_time = constant_throughput(2)

    @task
    def ask(self) -> None:
        self.client.post("/anthropic/v1/messages", json=ASKED, headers=HEADERS, name="messages")
