"""The delays of the status pages of shipped profiles, by the table of published times."""

from __future__ import annotations

import pytest

from chaos_llm import profiles
from chaos_llm.answers.status_page import document
from chaos_llm.profiles import loading

MINUTE = 60.0
PATH = "/api/v2/incidents.json"
LAGS = [  # the day, the window that began, and the minutes until a post told of it
    ("anthropic-2025-12-14-network", "traffic to the backend is dropped", 6),
    ("anthropic-2026-04-28-auth", "logins fail", 7),
    ("anthropic-2026-03-02-three-waves", "wave 1: logins fail", 12),
    ("openai-2023-11-08-routing", "502 and 503 from the edge", 12),
    ("anthropic-2026-04-15-two-waves", "wave 1: the API fails", 13),
    ("anthropic-2026-05-28-six-days-of-posts", "29 May: Opus 4.8", 19),
    ("openai-2024-06-04-two-phases", "ChatGPT, phase 2", 19),
    ("openai-2024-06-04-two-phases", "ChatGPT, phase 1", 32),
    ("openai-2024-12-26-power", "agents, batches and images fail", 20),
    ("anthropic-2026-05-28-six-days-of-posts", "28 May: subscriptions and billing", 37),
    ("anthropic-2026-04-09-status-page-503", "requests time out", 107),
    ("anthropic-2026-02-10-late-status", "500s and frozen chats", 158),
    ("xai-2026-01-16-late-ack", "503 and 522", 251),
]


@pytest.mark.parametrize(("name", "window", "minutes"), LAGS)
def test_a_page_is_as_late_as_it_was(name, window, minutes):
    profile = profiles.load(name)
    began = loading.window(profile, window).begins[0]

    def told(at):
        (page,) = profile.status_pages.values()
        return len(document(page, profile, PATH, at).json["incidents"])

    assert told(began + minutes * MINUTE - 1) == told(began)
    assert told(began + minutes * MINUTE) == told(began) + 1


def test_a_cause_is_named_after_the_end():
    profile = profiles.load("anthropic-2025-12-14-network")
    (page,) = profile.status_pages.values()
    (named,) = (post.at for post in page.posts if post.state == "identified")

    assert named == profile.windows[0].ends[1] + 3 * MINUTE
