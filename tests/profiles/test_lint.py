"""`chaos-llm lint` finds unreadable files and rules that can never apply."""

from __future__ import annotations

import re

import pytest

from chaos_llm import profiles
from chaos_llm.cli import main
from chaos_llm.profiles import catalogue, lint

TAGS = {"tags": '["a"]'}
MORE = """[[window]]
name = "behind"
from = "+10m"
until = "+20m"
on = [{ provider = "anthropic", model = "opus*" }]
share = 0.5
faults = [{ fault = "overloaded" }]
evidence = "page"
"""
USED = {
    "evidence": '{ from = "page", until = "blog", on = "page", share = "page", faults = "page" }'
}


@pytest.fixture
def problems(tmp_path, toml, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def problems(head=None, rest="", name="ours", **changes):
        path = tmp_path / f"{name}.toml"
        text = toml(TAGS if head is None else head, rest, **changes)
        for kind in ("provider", "press"):
            text = text.replace(f'kind = "{kind}"', f'kind = "{kind}"\ntitle = "a {kind}"')
        path.write_text(text)
        return lint.problems(path)

    return problems


@pytest.mark.parametrize("name", profiles.names())
def test_a_shipped_profile_has_no_problem(name):
    assert lint.problems(catalogue.find(name), strict=True) == []


def test_a_valid_file_has_no_problem(problems):
    assert problems(**USED) == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"share": "0.0"}, "ours.toml:16: window 'w': share: it is always 0"),
        ({"share": '[["+0m", 0.0], ["+1h", 0.0]]'}, "share: it is always 0"),
        (
            {"sticky_for": '"1m"'},
            "sticky_for: without `sticky_by` it has no effect",
        ),
        ({"flap": '{ down = "2h", up = "1m" }'}, "flap: `down` is as long as the window"),
        (
            {"on": '[{ provider = "groq", surface = "login" }]'},
            "on[0]: no request can match: groq has no surface 'login'",
        ),
        (
            {"on": '[{ provider = "anthropic", path = "/v1/mesages" }]'},
            "on[0]: no request can match: anthropic has no path '/v1/mesages'",
        ),
    ],
)
def test_a_rule_that_can_never_apply_is_found(problems, changes, says):
    (found,) = problems(**changes, **_based(changes))

    assert says in found


def _based(changes):
    """A basis for whatever a case says, so that only its own problem is left."""
    facts = ["from", "on", "share", "faults", *(set(changes) - {"on", "share", "faults"})]
    given = ", ".join(f'{fact} = "page"' for fact in facts)
    return {"evidence": f'{{ until = "blog", {given} }}'}


@pytest.mark.parametrize(
    "on",
    [
        '[{ provider = "anthropic", path = "/v1/messages" }]',
        '[{ provider = "anthropic", path = "/v1/mess*" }]',
        '[{ provider = "*", surface = "login" }]',
        '[{ provider = "anthropic", surface = "page" }]',
        '[{ provider = "anybody", surface = "web" }]',
    ],
)
def test_a_target_that_can_be_hit_is_no_problem(problems, on):
    assert problems(on=on, **USED) == []


def test_a_window_behind_one_that_ends_every_reply_is_found(problems):
    (found,) = problems(None, MORE, share="1.0", **USED)

    assert found == (
        "ours.toml:19: window 'behind': 'w' comes before it and ends every reply, "
        "so this is always masked"
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"share": "0.9"},
        {"until": '"+15m"'},
        {"on": '[{ provider = "openai" }]'},
        {"on": '[{ provider = "anthropic", model = "haiku*" }]'},
        {"on": '[{ provider = "anthropic", surface = "login" }]'},
        {"faults": '[{ fault = "latency", seconds = 3 }]'},
    ],
)
def test_a_window_of_which_something_is_left_is_no_problem(problems, changes):
    assert problems(None, MORE, **({"share": "1.0"} | changes), **USED) == []


def test_a_source_on_which_nothing_rests_is_found_unless_a_note_speaks_of_it(problems):
    blog = "[sources.blog]: no fact names this source as evidence, and no note mentions it"

    assert problems(evidence='"page"') == [f"ours.toml:8: {blog}"]
    assert problems(evidence='"page"', note='"For further reading: blog."') == []


def test_an_edge_without_a_window_is_found(problems):
    edge = '[edge.cdn]\nproviders = ["openai"]\nevidence = "page"\n'

    (found,) = problems(None, edge, **USED)

    assert "[edge.cdn]: no window hits it" in found


@pytest.mark.parametrize(
    ("head", "name", "says"),
    [
        ({}, "ours", "it has no tags"),
        ({"tags": '["a", "b", "a"]'}, "ours", "tags: the tag 'a' is listed twice"),
        (TAGS, "Our Day", "the file is named 'Our Day.toml'; expected lower-case letters"),
    ],
)
def test_a_name_that_the_catalogue_cannot_find_is_found(problems, head, name, says):
    (found,) = problems(head, name=name, **USED)

    assert says in found


def test_an_unreadable_file_has_only_that_problem(problems):
    (found,) = problems(share="2")

    assert found.startswith("ours.toml:16: window 'w': share: expected a number from 0 to 1")


def test_problems_are_listed_in_the_order_of_the_file(problems):
    found = problems({}, MORE, share="0.0", evidence='"page"', name="ours")

    assert [line.split(":")[1] for line in found] == ["1", "7", "15"]


def test_a_profile_without_windows_is_found(tmp_path):
    path = tmp_path / "empty.toml"
    path.write_text('title = "t"\nstarts = 2026-01-01\nends = "+1h"\ntags = ["a"]\n')

    (found,) = lint.problems(path)
    assert found.endswith("the profile is empty: it has no window, no baseline and no quota")


@pytest.mark.parametrize(
    ("faults", "evidence", "uncited"),
    [
        ('[{ fault = "server_error", status = 502 }]', "", ["faults[0].status"]),
        ('[{ fault = "server_error", status = 502 }]', ', status = "assumed"', []),
        ('[{ fault = "hang", seconds = "2m" }]', "", ["faults[0].seconds"]),
        ('[{ fault = "latency", seconds = [1, 5] }]', "", ["faults[0].seconds"]),
        ('[{ fault = "auth_expired", message = "no" }]', "", []),
        ('[{ fault = "overloaded" }]', "", []),
        ('[{ fault = "rate_limited", retry_after = 30 }]', "", ["faults[0].retry_after"]),
        (
            '[{ fault = "raw", status = 502, headers = { after = "60" }, json = { a = [5] } }]',
            ', status = "assumed"',
            ["faults[0].headers", "faults[0].json"],
        ),
        (
            '[{ fault = "raw", status = 502, headers = [["a", "b"], ["retry-after", "60"]] }]',
            ', status = "assumed"',
            ["faults[0].headers"],
        ),
        (
            '[{ fault = "raw", status = 502, headers = { a = "b" }, json = { a = true } }]',
            ', status = "assumed"',
            [],
        ),
    ],
)
def test_a_number_without_evidence_is_found_when_it_is_strict(
    toml, tmp_path, faults, evidence, uncited
):
    given = USED["evidence"].replace(" }", f"{evidence} }}")
    (tmp_path / "ours.toml").write_text(toml(TAGS, faults=faults, evidence=given))

    found = lint.problems(tmp_path / "ours.toml", strict=True)
    usual = lint.problems(tmp_path / "ours.toml")

    assert [line for line in found if line not in usual] == [
        line for line in found if "has no evidence" in line
    ]
    shown = [line.split(": ")[-2] for line in found if "has no evidence" in line]
    assert shown == uncited


def test_a_window_whose_evidence_is_one_source_cites_all_of_its_numbers(toml, tmp_path):
    faults = '[{ fault = "server_error", status = 502 }]'
    (tmp_path / "ours.toml").write_text(toml(TAGS, faults=faults, evidence='"page"'))

    found = lint.problems(tmp_path / "ours.toml", strict=True)
    assert not [line for line in found if "has no evidence" in line]


EVIDENCE = re.compile(r"(\w+)\s*=\s*(?:\[[^\]]*\]|\"[^\"]*\")")
WORDS = ("message", "body", "type", "code", "param", "reason", "json", "headers", "keep")


@pytest.mark.exhaustive(sample=5)
@pytest.mark.parametrize("name", catalogue.names())
def test_a_shipped_profile_from_which_a_number_s_evidence_was_taken_is_refused(name, tmp_path):
    text = catalogue.find(name).read_text(encoding="utf-8")
    tampered = tmp_path / f"{name}.toml"
    for line in text.splitlines():
        table = re.fullmatch(r"evidence\s*=\s*\{(.*)\}", line)
        for fact in EVIDENCE.finditer(table[1] if table else ""):
            if fact[1] not in WORDS and not is_switch(fact[1], text):
                rest = line.replace(fact[0], "", 1).replace(", ,", ",").replace("{ ,", "{")
                tampered.write_text(text.replace(line, re.sub(r",\s*\}", " }", rest), 1))
                assert lint.problems(tampered, strict=True), (line, fact[1])


def is_switch(key, text):
    """Whether a fault's parameter is only ever switched on or off: no number."""
    return set(re.findall(rf"\b{key} = (\w+)", text.split("[[window]]", 1)[1])) <= {"true", "false"}


def test_the_command_refuses_an_uncited_number_when_it_is_strict(toml, tmp_path, capsys):
    faults = '[{ fault = "server_error", status = 502 }]'
    text = toml(TAGS, faults=faults, **USED)
    for kind in ("provider", "press"):
        text = text.replace(f'kind = "{kind}"', f'kind = "{kind}"\ntitle = "a {kind}"')
    (tmp_path / "ours.toml").write_text(text)

    assert main(["lint", str(tmp_path / "ours.toml")]) == 0
    assert main(["lint", "--strict", str(tmp_path / "ours.toml")]) == 1
    assert "status has no evidence; write `status = ...`" in capsys.readouterr().out
