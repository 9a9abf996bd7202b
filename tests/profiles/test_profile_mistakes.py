"""Every mistake in a file is reported with file, line, expected type and known names."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaos_llm import profiles
from chaos_llm.errors import ProfileError, UnknownName

# The lines of these keys in the small profile of conftest.py; BASIS is its last one.
MIX, BASIS = 14, 15


def line_with(text: str, part: str) -> int:
    return next(n for n, line in enumerate(text.splitlines(), 1) if part in line)


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("share", "1.4", "share: expected a number from 0 to 1, a range [low, high]"),
        ("share", '"most"', 'got "most"'),
        ("share", "[0.1, 0.2, 0.3]", "got [0.1, 0.2, 0.3]"),
        ("share", "{ form = 0.1, to = 0.2 }", "got { form = 0.1, to = 0.2 }"),
        ("share", "nan", "share: expected a number"),
        ("share", "true", "got true"),
        ("share", "[0.9, 0.8]", "share: expected [low, high], in this order; got 0.9, 0.8"),
        ("share", '[["+9m", 0.1], ["+1m", 0.2]]', "points in the order of their times"),
        ("from", "2026-03-02T11:37:00", "from: expected a time with its zone"),
        ("from", '"1h"', 'an offset from `starts` ("+1h30m")'),
        ("from", '"+one hour"', 'got "+one hour"'),
        ("from", "12", "from: expected a time"),
        ("from", '"-1m"', "from: expected a time at or after the profile's `starts`"),
        ("from", '["+9m", "+1m"]', "from: expected [earliest, latest], in this order"),
        ("until", '"+0m"', "until: expected a time after `from`"),
        ("until", '"+3h"', "until: expected a time at or before the profile's `ends`"),
        ("until", "11:37:00", "got 11:37:00"),
        ("on", "[]", "on: expected a list of targets"),
        ("on", '[{ surface = "api" }]', "on[0]: provider is missing; expected the name"),
        ("on", '[{ provider = "a", stream = "yes" }]', "on[0].stream: expected true or false"),
        (
            "sticky_by",
            '"user"',
            "sticky_by: expected 'request', 'client', 'credential' or 'session'",
        ),
        ("sticky_for", '"soon"', "sticky_for: expected a duration"),
        ("sticky_for", "0", "sticky_for: expected a duration over 0"),
        ("faults", "[{ weight = 2 }]", "faults[0]: fault is missing; expected the name of a fault"),
        (
            "faults",
            '[{ fault = "hang", weight = 0 }]',
            "faults[0].weight: expected a number over 0",
        ),
        ("faults", '[{ fault = "slow_tokens" }]', "faults[0]: seconds is missing"),
        ("faults", '[{ fault = "server_error", status = 404 }]', "status must be an HTTP status"),
        ("faults", '[{ fault = "hang", seconds = "soon" }]', "'soon' is not a duration"),
        ("evidence", '{ from = "page" }', "evidence: there is none for until, on, share, faults;"),
        ("evidence", "[]", "evidence: expected for each of the window's facts the key of a source"),
    ],
)
def test_a_wrong_value_is_reported_with_its_line_and_the_expected_type(toml, key, value, told):
    text = toml(**{key: value})

    with pytest.raises(ProfileError) as caught:
        profiles.loads(text, name="x")

    message = str(caught.value)
    assert message.startswith(f"x.toml:{line_with(text, f'{key} = ')}: window 'w': {key}")
    assert told in message


@pytest.mark.parametrize("key", ["from", "until", "evidence"])
def test_a_missing_key_of_a_window_is_named(toml, key):
    with pytest.raises(ProfileError, match=rf"^x.toml:8: window 'w': {key} is missing; expected"):
        profiles.loads(toml(**{key: None}), name="x")


@pytest.mark.parametrize("key", ["on", "share", "faults"])
def test_what_is_neither_said_nor_inherited_is_missing(toml, key):
    told = (
        rf"^x.toml:8: window 'w': {key} is missing; give it here, or `extends` a window that has it"
    )

    with pytest.raises(ProfileError, match=told):
        profiles.loads(toml(**{key: None}), name="x")


def test_a_window_without_a_name_is_reported_by_its_number(toml):
    with pytest.raises(ProfileError, match=r"^x.toml:8: window 1: name is missing"):
        profiles.loads(toml(name=None), name="x")


def test_all_wrong_values_are_reported_at_once(toml):
    with pytest.raises(ProfileError) as caught:
        profiles.loads(toml(share="2", until="12", sticky_by="3"), name="x")

    assert [line.split(":")[3].strip() for line in str(caught.value).splitlines()] == [
        "until",
        "share",
        "sticky_by",
    ]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"shar": "0.5"},
            "window 'w': unknown key 'shar'; known, nearest first: 'share', ",
        ),
        (
            {"on": '[{ provider = "openai", modell = "x" }]'},
            "window 'w': on[0]: unknown key 'modell'; known, nearest first: 'model', ",
        ),
        (
            {"on": '[{ provider = "openai", surface = "logins" }]'},
            "window 'w': on[0]: unknown surface 'logins'; known, nearest first: 'login', ",
        ),
        (
            {"faults": '[{ fault = "overload" }]'},
            "window 'w': faults[0].fault: unknown fault 'overload'; known, nearest first: "
            "'overloaded', ",
        ),
        (
            {"faults": '[{ fault = "server_error", satus = 500 }]'},
            "window 'w': faults[0].satus: unknown key 'satus'; known, nearest first: 'status', ",
        ),
        (
            {"extends": '"v"'},
            "window 'w': extends: unknown window 'v'; known, nearest first: 'w'",
        ),
        (
            {"evidence": '"pages"'},
            "window 'w': evidence: unknown source 'pages'; known, nearest first: 'page', ",
        ),
        (
            {
                "evidence": '{ from = "page", until = "page", on = "page", '
                'share = "blgo", faults = "page" }'
            },
            "window 'w': evidence.share: unknown source 'blgo'; known, nearest first: 'blog', ",
        ),
        (
            {
                "evidence": '{ from = "page", until = "page", on = "page", share = "page", '
                'faults = "page", shares = "page" }'
            },
            "window 'w': evidence.shares: unknown fact 'shares'; known, nearest first: 'share', ",
        ),
        (
            {
                "evidence": '{ from = "page", until = "page", on = "page", share = "page", '
                'faults = "page", sticky_by = "page" }'
            },
            "window 'w': evidence.sticky_by: unknown fact 'sticky_by'; known, nearest first: ",
        ),
    ],
)
def test_an_unknown_name_lists_the_known_ones_nearest_first(toml, changes, told):
    text = toml(**changes)

    with pytest.raises(UnknownName) as caught:
        profiles.loads(text, name="x")

    line = line_with(text, f"{next(iter(changes))} = ")
    assert str(caught.value).startswith(f"x.toml:{line}: {told}")


def test_a_mistake_in_an_element_of_a_long_list_has_its_own_line(toml):
    mix = '[\n  { fault = "overloaded" },\n\n  { fault = "hangs" }, # no such fault\n]'

    with pytest.raises(UnknownName, match=rf"^x.toml:{MIX + 3}: window 'w': faults\[1\].fault"):
        profiles.loads(toml(faults=mix), name="x")


@pytest.mark.parametrize(
    ("rest", "told"),
    [
        ('[[windows]]\nname = "v"\n', "unknown key 'windows'; known, nearest first: 'window'"),
        ('[sources.other]\nkind = "rumour"\n', r"[sources.other]: kind: expected 'provider',"),
        ('[sources.assumed]\nkind = "press"\n', "'assumed' stands for no source"),
        ("[status_page.openai]\n", "[status_page.openai]: a page without posts needs evidence"),
        (
            '[status_page.openai]\nunknown = true\nposts = [{ at = "+1m", evidence = "page" }]\n',
            "a page with posts is not unknown",
        ),
        (
            '[status_page.openai]\nposts = [{ at = "+1m" }]\n',
            "[status_page.openai]: posts[0]: evidence is missing",
        ),
        (
            '[status_page.openai]\nposts = [{ at = "+1m", state = "fine", evidence = "page" }]\n',
            "[status_page.openai]: posts[0].state: expected 'investigating',",
        ),
        (
            "[status_page.openai]\nposts = "
            '[{ at = "+1m", sate = "resolved", evidence = "page" }]\n',
            "[status_page.openai]: posts[0]: unknown key 'sate'; known, nearest first: 'state',",
        ),
        (
            '[status_page.openai]\nevidence = "page"\nposts = [{ at = "+2m" },\n{ at = "+1m" }]\n',
            "posts[1].at: expected posts in the order of their times",
        ),
        ('[[event]]\nat = "+1m"\nsays = "x"\n', "event 1: evidence is missing"),
        (
            '[[event]]\nat = "+1m"\nsays = "x"\nevidence = "bloc"\n',
            "event 1: evidence: unknown source 'bloc'; known, nearest first: 'blog'",
        ),
        ("[baseline.openai]\nfirst_token = 1\n", "[baseline.openai]: evidence is missing"),
        (
            '[baseline.openai]\nfirst_token = -1\nevidence = "page"\n',
            "[baseline.openai]: first_token: expected a duration",
        ),
        (
            '[[window]]\nname = "w"\nfrom = "+0m"\nuntil = "+1m"\nevidence = "page"\n',
            "window 'w': name: two windows have this name",
        ),
    ],
)
def test_mistakes_outside_a_window_are_reported_the_same_way(toml, rest, told):
    text = toml(rest=rest)

    with pytest.raises((ProfileError, UnknownName)) as caught:
        profiles.loads(text, name="x")

    line, message = re.fullmatch(r"x\.toml:(\d+): (.*)", str(caught.value), re.DOTALL).groups()
    assert told in message
    assert int(line) > BASIS  # in the part that was added


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ({"title": None}, "x.toml:1: title is missing; expected text"),
        ({"ends": '"-1h"'}, "x.toml:3: ends: expected a time after `starts`"),
        ({"starts": '"+1h"'}, "x.toml:2: starts: expected a time with its zone"),
        ({"starts": "[]"}, "x.toml:2: starts: expected a time with its zone"),
        ({"tags": '"5xx"'}, 'x.toml:4: tags: expected a list of strings; got "5xx"'),
        ({"tags": "[5]"}, "x.toml:4: tags[0]: expected a list of strings; got 5"),
        ({"window": "[]"}, "x.toml:"),
    ],
)
def test_mistakes_at_the_top_of_a_file_are_reported_the_same_way(toml, head, told):
    with pytest.raises(ProfileError) as caught:
        profiles.loads(toml(head), name="x")

    assert str(caught.value).startswith(told)


def test_a_single_bracket_window_is_reported_as_no_list(toml):
    with pytest.raises(ProfileError, match=r"^x.toml:8: window: expected tables: \[\[window\]\]"):
        profiles.loads(toml().replace("[[window]]", "[window]"), name="x")


@pytest.mark.parametrize("likes", [("w",), ("a", "w")])
def test_a_window_that_is_like_itself_in_the_end_is_refused(toml, likes):
    table = (
        '[[window]]\nname = "a"\nfrom = "+0m"\nuntil = "+1m"\nextends = "w"\nevidence = "assumed"\n'
    )

    with pytest.raises(ProfileError, match=r"the windows extend each other in a cycle$"):
        profiles.loads(toml(rest=table, extends=f'"{likes[0]}"'), name="x")


def test_a_line_that_came_by_like_to_another_time_is_refused(toml):
    again = (
        '[[window]]\nname = "a"\nfrom = "+1h"\nuntil = "+2h"\nextends = "w"\nevidence = "assumed"\n'
    )
    text = toml(rest=again, share='[["+0m", 0.1], ["+30m", 0.9]]')

    with pytest.raises(ProfileError, match="its share's line lies outside the window"):
        profiles.loads(text, name="x")


def test_a_line_with_a_source_for_some_of_its_points_is_refused(toml):
    basis = '{ from = "page", until = "page", on = "page", faults = "page", share = ["page"] }'
    text = toml(share='[["+0m", 0.1], ["+30m", 0.9]]', evidence=basis)

    with pytest.raises(ProfileError, match=r"evidence\.share: expected one source for each of the"):
        profiles.loads(text, name="x")


def test_a_window_that_is_like_another_needs_a_reason(toml):
    again = (
        '[[window]]\nname = "a"\nfrom = "+1h"\nuntil = "+2h"\nextends = "w"\n'
        'evidence = { from = "page", until = "page" }\n'
    )

    with pytest.raises(ProfileError, match="window 'a': evidence: there is none for extends;"):
        profiles.loads(toml(rest=again), name="x")


def test_several_faults_need_a_basis_for_their_weights(toml):
    text = toml(
        faults='[{ fault = "overloaded" }, { fault = "hang" }]',
        evidence='{ from = "page", until = "page", on = "page", share = "page", faults = "page" }',
    )

    with pytest.raises(ProfileError, match="there is none for weights;"):
        profiles.loads(text, name="x")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("title = \n", r"^x\.toml:1: not TOML: invalid value; expected \"text\", a number,"),
        ('title = "t"\nstarts 2026\n', r"^x\.toml:2: not TOML: expected '=' after a key"),
        ('title = "t"\n\ntitle = "u"\n', r"^x\.toml:3: not TOML: .*; expected each key only once;"),
        ("evidence = { a = 1,\n b = 2 }\n", r"^x\.toml:1: not TOML: .*must stay on one line"),
        ('title = "t\n', r"^x\.toml:1: not TOML: .*got 'title = \"t'"),
        ("tags = [1,\n2,\n", r"^x\.toml:2: not TOML: the file ends too early; expected"),
        ("= 3\n", r"^x\.toml:1: not TOML: invalid statement; expected `key = value`"),
    ],
)
def test_invalid_toml_is_reported_with_its_line_and_the_expected_token(text, told):
    with pytest.raises(ProfileError, match=told):
        profiles.loads(text, name="x")


def test_a_file_that_is_not_utf_8_is_reported_with_its_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.toml").write_bytes(b'title = "t"\nnote = "caf\xe9"\n')

    with pytest.raises(ProfileError, match=r"^x\.toml:2: expected UTF-8 text$"):
        profiles.load("x.toml")


def test_an_unknown_window_lists_the_known_ones_nearest_first(read):
    with pytest.raises(UnknownName, match=r"^unknown window 'W1'; known, nearest first: 'w'$"):
        profiles.window(read(), "W1")


JUNK = (
    *("1.4", "-1", '""', '"x"', '"+1h"', '"-1h"', '"assumed"', "true", "nan", "11:00:00"),
    *("2026-03-02", "2026-03-02T11:37:00Z", "2026-03-02T11:37:00", "99999999999999"),
    *("[]", "[[]]", "[1, 2]", '["+1m"]', '[["+1m", 0.5]]', "{}", "{ a = 1 }", "[{ a = 1 }]"),
)
SHIPPED = [profiles.to_toml(profiles.load(name)) for name in profiles.names()]
PAIR = re.compile(r'(?<![\w"])(\w+) = ("[^"\n]*"|\[[^\[\]\n]*\]|\{[^{}\n]*\}|[^\s,\]}]+)')


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_every_mistake_is_reported_with_file_and_line(data):
    text = data.draw(st.sampled_from(SHIPPED))
    pair = data.draw(st.sampled_from(list(PAIR.finditer(text))))
    key = data.draw(st.sampled_from([pair[1], pair[1], pair[1], "from", "extends", "shar"]))
    wrong = f"{text[: pair.start()]}{key} = {data.draw(st.sampled_from(JUNK))}{text[pair.end() :]}"

    try:
        profiles.loads(wrong, name="x")
    except (ProfileError, UnknownName) as told:
        assert re.match(r"x\.toml:[1-9]\d*: ", str(told))  # noqa: PT017 - or it is no mistake
