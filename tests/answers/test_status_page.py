"""Status pages over time: delays, relapses, and pages without known posts."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from chaos_llm.answers.status_page import document, incidents
from chaos_llm.errors import UnknownName
from chaos_llm.profiles.model import Post, Profile, StatusPage
from chaos_llm.providers.statuspage import PATHS

MINUTE = 60.0
STARTS = datetime(2026, 3, 2, 11, 37, tzinfo=UTC)
PROFILE = Profile("a-bad-day", "A bad day", STARTS, ends=600 * MINUTE)
PAGE = StatusPage(
    "anthropic",
    (
        Post(12 * MINUTE, "investigating"),
        Post(29 * MINUTE, says="the API is working as intended"),
        Post(105 * MINUTE, "identified", "authentication path"),
        Post(200 * MINUTE, "monitoring"),
        Post(250 * MINUTE, "resolved"),
        Post(338 * MINUTE, says="a fix is being implemented", incident=2),
        Post(347 * MINUTE, "monitoring", incident=2),
        Post(379 * MINUTE, "investigating", incident=3),
        Post(579 * MINUTE, "resolved", incident=3),
    ),
)


def said(name, minutes, page=PAGE, **more):
    return document(page, PROFILE, f"/api/v2/{name}.json", minutes * MINUTE, **more).json


def colours(minutes, page=PAGE):
    return {component["status"] for component in said("components", minutes, page)["components"]}


@pytest.mark.parametrize(
    ("minutes", "indicator", "component"),
    [
        (-5, "none", "operational"),
        (0, "none", "operational"),  # the outage is on, and the page is green
        (11.9, "none", "operational"),
        (12, "major", "partial_outage"),
        (30, "major", "partial_outage"),
        (110, "major", "partial_outage"),
        (210, "major", "degraded_performance"),
        (260, "none", "operational"),
        (340, "major", "partial_outage"),
        (350, "major", "degraded_performance"),
        (380, "major", "partial_outage"),
        (600, "none", "operational"),
    ],
)
def test_the_page_shows_the_posts_so_far(minutes, indicator, component):
    assert said("status", minutes)["status"]["indicator"] == indicator
    assert colours(minutes) == {component}


def test_the_description_goes_with_the_indicator():
    assert said("status", 0)["status"]["description"] == "All Systems Operational"
    assert said("status", 20)["status"]["description"] == "Partial System Outage"


def test_a_post_without_a_state_keeps_the_one_before():
    (incident,) = said("incidents", 30)["incidents"]
    assert incident["status"] == "investigating"
    assert [update["status"] for update in incident["incident_updates"]] == ["investigating"] * 2
    assert incident["incident_updates"][0]["body"] == "the API is working as intended"


def test_the_first_post_without_a_state_investigates():
    assert incidents(PAGE, 340 * MINUTE)[0].state == "investigating"


def test_the_newest_incident_comes_first_and_the_open_ones_have_their_own_list():
    assert [incident["status"] for incident in said("incidents", 380)["incidents"]] == [
        "investigating",
        "monitoring",
        "resolved",
    ]
    assert len(said("incidents/unresolved", 380)["incidents"]) == 2
    assert said("summary", 380)["incidents"] == said("incidents/unresolved", 380)["incidents"]


def test_an_incident_whose_end_was_not_posted_ends_with_a_later_one():
    assert [incident.is_open for incident in incidents(PAGE, 600 * MINUTE)] == [False] * 3


def test_an_incident_that_is_resolved_again_is_open_in_between():
    posts = (Post(0, "resolved"), Post(60, "investigating"), Post(120, "postmortem"))
    page = StatusPage("openai", posts)
    assert [incidents(page, at)[0].is_open for at in (0, 60, 120)] == [False, True, False]


def test_posts_are_read_in_the_order_of_time():
    page = StatusPage("openai", (Post(60, "resolved"), Post(0, "investigating")))
    assert incidents(page, 90)[0].state == "resolved"


@pytest.mark.parametrize("page", [None, StatusPage("anthropic", PAGE.posts, unknown=True)])
def test_without_a_known_page_everything_is_operational(page):
    for minutes in (0, 30, 380):
        summary = document(
            page, PROFILE, "/api/v2/summary.json", minutes * MINUTE, provider="anthropic"
        ).json
        assert summary["status"]["indicator"] == "none"
        assert {component["status"] for component in summary["components"]} == {"operational"}
        assert summary["incidents"] == []
        assert summary["page"]["name"] == "Claude"


def test_components_have_their_public_names_and_ids():
    components = {c["name"]: c["id"] for c in said("components", 0)["components"]}
    assert components["Claude API (api.anthropic.com)"] == "k8w3r06qmzrp"
    assert len(components) == 6
    openai = said("components", 0, StatusPage("openai"))["components"]
    assert [component["name"] for component in openai] == ["API", "ChatGPT"]


def test_a_page_of_any_other_provider_has_one_component():
    assert len(said("components", 0, StatusPage("mistral"))["components"]) == 1


def test_times_are_dates_on_the_profiles_timeline():
    (incident,) = said("incidents", 260)["incidents"]
    assert incident["started_at"] == "2026-03-02T11:49:00.000Z"
    assert incident["monitoring_at"] == "2026-03-02T14:57:00.000Z"
    assert incident["resolved_at"] == "2026-03-02T15:47:00.000Z"
    assert said("status", 260)["page"]["updated_at"] == "2026-03-02T15:47:00.000Z"


@pytest.mark.parametrize("path", PATHS)
def test_every_path_of_the_endpoint_has_its_document(path):
    first = document(PAGE, PROFILE, path, 380 * MINUTE)
    assert first.status == 200
    assert set(first.json["page"]) >= {"id", "name", "url", "time_zone", "updated_at"}
    assert json.dumps(first.json) == json.dumps(document(PAGE, PROFILE, path, 380 * MINUTE).json)


def test_ids_are_as_good_as_unique():
    shown = said("incidents", 600)["incidents"]
    ids = [incident["id"] for incident in shown]
    ids += [update["id"] for incident in shown for update in incident["incident_updates"]]
    assert len(set(ids)) == len(ids) == 3 + len(PAGE.posts)


def test_an_unknown_path_is_answered_with_the_known_ones():
    with pytest.raises(UnknownName, match=r"/api/v2/summary\.json"):
        document(PAGE, PROFILE, "/api/v2/sumary.json", 0.0)


def test_a_page_shows_the_impact_and_the_components_that_its_posts_name():
    page = StatusPage(
        "anthropic",
        (
            Post(0.0, "investigating", impact="minor", components=("claude.ai",)),
            Post(10 * MINUTE, "identified", impact="critical"),
            Post(20 * MINUTE, "monitoring"),
            Post(30 * MINUTE, "resolved"),
        ),
    )

    def shown(minutes):
        colours = {c["name"]: c["status"] for c in said("components", minutes, page)["components"]}
        impact = said("incidents", minutes, page)["incidents"][0]["impact"]
        indicator = said("status", minutes, page)["status"]["indicator"]
        return impact, indicator, colours["claude.ai"], colours["Claude Code"]

    assert shown(5) == ("minor", "minor", "degraded_performance", "operational")
    assert shown(15) == ("critical", "critical", "major_outage", "operational")
    assert shown(25) == ("critical", "critical", "degraded_performance", "operational")
    assert shown(35) == ("critical", "none", "operational", "operational")


def test_an_incident_without_impact_is_open_under_a_green_headline():
    page = StatusPage("anthropic", (Post(0.0, "investigating", impact="none"),))

    assert said("status", 5, page)["status"]["description"] == "All Systems Operational"
    assert said("incidents/unresolved", 5, page)["incidents"][0]["status"] == "investigating"
    assert colours(5, page) == {"operational"}


def test_a_component_named_only_in_a_post_is_on_the_page():
    page = StatusPage("openai", (Post(0.0, "investigating", components=("Codex",)),))

    found = {c["name"]: c["status"] for c in said("components", 5, page)["components"]}
    assert found == {"API": "operational", "ChatGPT": "operational", "Codex": "partial_outage"}
