"""`--chaos-report` and the properties of JUnit's XML."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from support.plugin_suites import AUTH, STORM

from chaos_llm.reports.folder import stem_of
from chaos_llm.reports.records.models import schema

pytestmark = pytest.mark.exhaustive(of_file=3)  # each runs pytest and writes pages

SUITE = f"""
    import pytest
    from bot import ask
    from chaos_llm.faults import overloaded

    @pytest.mark.chaos({STORM!r}, {AUTH!r})
    def test_replayed(chaos):
        chaos.replay(ask, calls=12)

    @pytest.mark.parametrize("n", ["a/b", "a-b", "A b"])
    def test_awkward(chaos, n):
        ask()

    def test_failing(chaos):
        chaos.on("anthropic").inject(overloaded(), times=1)
        ask("a private matter")
        assert not "this fails"

    def test_ordinary():
        pass
"""
TESTS = 6


@pytest.fixture
def told(run, pytester):
    """Run a suite with `--chaos-report out`: what each test wrote, by name."""

    def tell(text, *args, **options):
        result = run(text, "--chaos-report", "out", *args, **options)
        files = sorted((pytester.path / "out").glob("*.json"))
        found = [json.loads(path.read_text(encoding="utf-8")) for path in files]
        return result, {r["test"].partition("::")[2]: r for r in found if "test" in r}

    return tell


@pytest.fixture
def out(pytester):
    return pytester.path / "out"


def properties(pytester):
    cases = ET.parse(pytester.path / "junit.xml").iter("testcase")
    return {
        case.get("name"): {p.get("name"): p.get("value") for p in case.iter("property")}
        for case in cases
    }


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_every_test_with_an_outage_has_files_and_all_have_an_index(told, out, workers):
    result, records = told(SUITE, *workers, subprocess=bool(workers))
    result.assert_outcomes(passed=6, failed=1)
    result.stdout.fnmatch_lines([f"chaos report: {out / 'index.html'}"])
    assert len(records) == TESTS
    index = (out / "index.html").read_text(encoding="utf-8")
    links = set(re.findall(r'href="([^"]+\.html)"', index))
    assert links == {path.name for path in out.glob("*.html")} - {"index.html"}
    assert len(links) == TESTS
    assert "1 of 6 tests on 2 outage profiles failed." in index
    for record in records.values():
        jsonschema.validate(record, schema("test"))
        journal = (out / record["journal"]).read_text(encoding="utf-8").splitlines()
        assert len(journal) == 1 + sum(record["requests"].values())
        assert json.loads(journal[0])["seed"] == record["seed"]


def test_a_failing_test_is_recorded_with_the_reason(told, out):
    _, records = told(SUITE)
    failing = records["test_failing"]
    assert failing["verdict"] == "failed"
    assert "this fails" in failing["says"]
    assert [each["status"] for each in failing["exchanges"]] == [529, 200]
    page = (out / f"{stem_of('test_it.py::test_failing')}.html").read_text(encoding="utf-8")
    assert "2 requests to anthropic; faults were applied to 1 of them." in page
    assert f"--chaos-seed={failing['seed']}" in page
    assert "private" not in page + json.dumps(failing)


def test_a_replay_is_recorded_with_its_numbers(told):
    _, records = told(SUITE)
    record = records[f"test_replayed[{STORM}]"]
    assert record["verdict"] == "passed"
    assert record["runs"][0]["calls"] == 12
    assert record["profile"]["name"] == STORM
    assert record["exchanges"] == []


def test_without_the_option_nothing_is_written(run, pytester):
    before = set(pytester.path.iterdir())
    run("def test(chaos): pass").assert_outcomes(passed=1)
    assert {path.name for path in set(pytester.path.iterdir()) - before} <= {
        "test_it.py",
        "__pycache__",
    }


def test_pages_of_an_earlier_session_are_removed_and_nothing_else(told, out):
    told(SUITE)
    (out / "mine.json").write_text('{"kind": "something of mine"}')
    (out / "notes.html").write_text("my notes")
    _, records = told("def test_another(chaos): pass")
    assert set(records) == {"test_another"}
    names = {path.name for path in out.iterdir()}
    stem = stem_of("test_it.py::test_another")
    pages = {"index.html", "history.json", f"{stem}.html", f"{stem}.json"}
    assert names == {"mine.json", "notes.html", *pages}


BETTER = """
    from chaos_llm.demo.{bot}_bot import {bot_class} as Bot
    import pytest

    @pytest.mark.chaos("anthropic-529-storm")
    def test_bot(chaos):
        assert chaos.replay(Bot().answer, calls=40).answered == 1
"""


def test_the_index_says_what_changed_since_the_last_run(told, out):
    told(BETTER.format(bot="naive", bot_class="NaiveBot"))
    first = (out / "index.html").read_text(encoding="utf-8")
    told(BETTER.format(bot="hardened", bot_class="HardenedBot"))
    second = (out / "index.html").read_text(encoding="utf-8")

    assert "Compared with the last run" not in first
    assert "Compared with the last run" in second
    assert "one test passes again." in second
    assert "failed → passed" in second
    assert re.search(r"<td>[\d.]+ % → 100 %</td>", second)


def test_a_history_that_is_not_ours_is_no_trouble(told, out):
    out.mkdir()
    (out / "history.json").write_text('{"kind": "a diary"}')
    told("def test(chaos): pass")
    assert json.loads((out / "history.json").read_text())["kind"] == "chaos_llm history"


def test_ten_runs_are_remembered(told, out):
    for _ in range(12):
        told("def test(chaos): pass")
    history = json.loads((out / "history.json").read_text())
    assert len(history["sessions"]) == 10
    assert (out / "index.html").read_text().count("</tr>") > 10


def test_collecting_alone_leaves_the_pages_there(told, out):
    told(SUITE)
    before = {path.name for path in out.iterdir()}
    told(SUITE, "--collect-only")
    assert {path.name for path in out.iterdir()} == before


@pytest.mark.parametrize(
    ("body", "verdict", "says"),
    [
        ("pytest.skip('not today')", "skipped", "not today"),
        ("pytest.xfail('as expected')", "xfailed", "as expected"),
        ("raise BaseException('stop')", "failed", "stop"),
    ],
)
def test_other_outcomes_are_recorded_as_they_are(told, body, verdict, says):
    _, records = told(f"import pytest\n\ndef test(chaos):\n    {body}\n")
    assert records["test"]["verdict"] == verdict
    assert says in records["test"]["says"]


@pytest.mark.parametrize("when", ["setup", "teardown"])
def test_an_error_in_a_fixture_is_recorded(told, when):
    order = ("1 / 0", "yield") if when == "setup" else ("yield", "1 / 0")
    _, records = told(f"""
        import pytest

        @pytest.fixture
        def broken(chaos):
            {order[0]}
            {order[1]}

        def test(chaos, broken):
            pass
    """)
    assert records["test"]["verdict"] == "error"
    assert "ZeroDivisionError" in records["test"]["says"]


def test_a_folder_in_the_way_of_a_file_is_made_and_a_file_is_refused(run, pytester):
    run("def test(chaos): pass", "--chaos-report", "deep/er").assert_outcomes(passed=1)
    assert (pytester.path / "deep/er/index.html").is_file()
    (pytester.path / "taken").write_text("a file")
    result = run("def test(chaos): pass", "--chaos-report", "taken")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*--chaos-report is a folder; * is a file*"])


def test_a_page_that_cannot_be_written_is_reported_and_fails_no_test(run, pytester):
    result = run(
        """
        def test(chaos):
            chaos.reports.append("no report")
        """,
        "--chaos-report",
        "out",
    )
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["chaos report: test_it.py::test: no page: *"])


def test_names_of_files_do_not_clash_and_any_system_takes_them():
    ids = [
        "tests/test_a.py::test[a/b]",
        "tests/test_a.py::test[a-b]",
        "tests/test_a.py::test[A-b]",
        "other/test_a.py::test[a-b]",
        f"tests/test_a.py::test[{'x' * 300}]",
        f"tests/test_a.py::test[{'x' * 301}]",
        "tests/test_a.py::test[\u2603 ..\\..:*?]",
    ]
    stems = [stem_of(test) for test in ids]
    assert len({stem.lower() for stem in stems}) == len(ids)
    assert all(re.fullmatch(r"[\w-]{1,120}", stem, re.ASCII) for stem in stems)
    assert stems == [stem_of(test) for test in ids]


def test_junit_has_the_faults_of_a_test(run, pytester):
    run(SUITE, "--junitxml=junit.xml")
    told = properties(pytester)
    assert told["test_ordinary"] == {}
    replayed = told[f"test_replayed[{STORM}]"]
    assert replayed["chaos_profile"] == STORM
    assert replayed["chaos_seed"].isdecimal()
    assert replayed["chaos_calls"] == "12"
    assert 0 < float(replayed["chaos_answered"]) <= 1
    assert float(replayed["chaos_longest_downtime"]) >= 0
    assert int(replayed["chaos_applied"]) > 0
    assert replayed["chaos_failed_checks"] == ""
    assert told["test_failing"]["chaos_requests"] == "anthropic 2"
    assert told["test_failing"]["chaos_applied"] == "1"


def test_junit_names_the_checks_that_failed_in_a_worker_too(run, pytester):
    text = f"""
        import pytest
        from bot import ask
        from chaos_llm.checks import retries_stay_under

        @pytest.mark.chaos({STORM!r})
        def test(chaos):
            chaos.replay(ask, calls=40).check(retries_stay_under(1))
    """
    run(text, "--junitxml=junit.xml", "-n", "1", subprocess=True).assert_outcomes(failed=1)
    assert properties(pytester)["test"]["chaos_failed_checks"] == "retries_stay_under(limit=1)"
