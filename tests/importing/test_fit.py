"""A profile beside the recording that it was made of: `show` draws both, `lint` compares them."""

from __future__ import annotations

import json

import pytest
from support import recorded_morning as morning

from chaos_llm.cli import main
from chaos_llm.profiles import lint

pytest.importorskip("ruptures", reason="needs the extra `import`")


@pytest.fixture
def path(imported, tmp_path):
    log = tmp_path / "litellm.jsonl"
    log.write_text(morning.litellm(morning.calls()))
    return imported(log).path


def changed(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def share_of(path):
    return next(line for line in path.read_text().splitlines() if line.startswith("share = 0.8"))


def test_a_draft_fits_its_recording(path):
    assert not lint.problems(path)


def test_lint_warns_of_a_share_that_is_not_the_recorded_one(path):
    changed(path, share_of(path), "share = 0.3")
    (problem,) = lint.problems(path)
    assert "recorded calls failed, the profile says 30 %" in problem
    assert "standard errors apart" in problem
    line = int(problem.split(":")[1])
    assert path.read_text().splitlines()[line - 1] == "share = 0.3"


def test_lint_warns_of_failures_that_no_window_explains(path):
    text = path.read_text()
    first, second = text.index("[[window]]"), text.rindex("[[window]]")
    path.write_text(text[:first] + text[second:])
    problems = lint.problems(path)
    assert any("are in no window" in problem for problem in problems)


def test_a_profile_that_begins_later_is_compared_at_the_same_times(path):
    changed(path, "starts = 2026-05-04T08:00:00Z", "starts = 2026-05-04T07:55:00Z")
    assert not lint.problems(path)


def test_a_broken_file_of_observations_is_a_problem_of_the_profile(path):
    path.with_name("ours-2026-05-04.observed.json").write_text("{}")
    (problem,) = lint.problems(path)
    assert "is no file of observations" in problem


def test_show_draws_the_recorded_share_beside_the_profile(path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    assert main(["show", str(path)]) == 0
    said = capsys.readouterr().out
    drawing = said[said.index("Beside the recording") :].splitlines()
    assert "720 calls failed" in drawing[2]
    at_100, at_0 = drawing[3], drawing[11]
    assert at_100.count("•") > 5
    assert at_0.count("●") > 50
    assert said.count("fits: ") == 2


def test_show_writes_a_page_with_dots_and_the_line(path, tmp_path, capsys):
    page = tmp_path / "page.html"
    assert main(["show", str(path), "--html", str(page)]) == 0
    text = page.read_text()
    assert text.count('class="recorded"') > 40
    assert text.count('class="played"') == 1
    assert "08:10 to 08:25" in text


def test_show_writes_a_page_of_any_profile(tmp_path, capsys):
    page = tmp_path / "page.html"
    assert main(["show", "anthropic-529-storm", "--html", str(page)]) == 0
    assert "Beside the recording" not in page.read_text()


def test_observations_are_small_and_hold_counts_only(path):
    beside = path.with_name("ours-2026-05-04.observed.json")
    value = json.loads(beside.read_text())
    assert beside.stat().st_size < 20_000
    (series,) = value["series"]
    assert sum(calls for _, calls, _ in series["bins"]) == 720
