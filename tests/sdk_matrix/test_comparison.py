"""`chaos-llm matrix --compare`: what an SDK does otherwise than its release before."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chaos_llm.cli import main
from chaos_llm.errors import UsageError
from chaos_llm.sdk_matrix.comparison import compare, recorded_in
from chaos_llm.sdk_matrix.matrix_text import chosen

EXPECTED = Path(__file__).parent / "expected"
ROWS = {"overloaded()": {"plain": "one.Overloaded", "streamed": "one.Overloaded"}}


def measured(version="2.1.0", **rows):
    outcomes = {"overloaded()": ROWS["overloaded()"] | rows}
    return {"sdks": [{"sdk": "one", "package": "a-one", "version": version, "outcomes": outcomes}]}


def written(folder, **files):
    for name, value in files.items():
        (folder / f"{name}.json").write_text(json.dumps(value))
    return folder


def test_a_changed_cell_is_shown_with_both_outcomes(tmp_path):
    written(tmp_path, before=measured("2.0.0"))
    now = measured(streamed="SILENT part")
    (found,) = compare(now, recorded_in(tmp_path / "before.json"))
    assert found.text() == (
        "one 2.1.0 against 2.0.0: 1 of 2 cells changed\n"
        "  overloaded(), streamed\n"
        "    before: one.Overloaded\n"
        "    now:    SILENT part\n"
    )


def test_new_and_lost_ways_to_call_an_sdk_are_changes(tmp_path):
    written(tmp_path, before=measured(helper="ValueError"))
    now = measured(thinking="SILENT whole")
    (found,) = compare(now, recorded_in(tmp_path / "before.json"))
    assert [(each.way, each.before, each.now) for each in found.changes] == [
        ("thinking", None, "SILENT whole"),
        ("helper", "ValueError", None),
    ]
    assert "before: (no such cell)" in found.text()


@pytest.mark.parametrize(
    ("version", "against"), [("1.7.0", "1.x"), ("2.1.0", "2.x"), ("12.0.0a1", "2.x")]
)
def test_a_folder_is_asked_for_the_same_major_version_or_the_newest(tmp_path, version, against):
    old = {"one": {"overloaded()": {"plain": "one.ServerError"}}}
    written(tmp_path, **{"a-one-1": old, "a-one-2": {"one": ROWS}, "other-9": {"other": ROWS}})
    (found,) = compare(measured(version), recorded_in(tmp_path))
    assert found.before == against
    assert bool(found.changes) == (against == "1.x")


def test_an_sdk_that_was_not_recorded_is_said_to_be_new(tmp_path):
    written(tmp_path, before={"sdks": []})
    (found,) = compare(measured(), recorded_in(tmp_path / "before.json"))
    assert found.text() == "one 2.1.0: nothing was recorded before\n"
    assert found.changes == ()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"sdks": [{}]}'])
def test_a_file_of_another_kind_is_refused(tmp_path, text):
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"other\.json"):
        recorded_in(path)
    with pytest.raises(UsageError, match="has no PACKAGE-MAJOR"):
        recorded_in(tmp_path)


@pytest.mark.exhaustive(of_file=1)
def test_the_command_ends_with_1_where_something_changed(tmp_path, capsys):
    client = chosen()[0]
    asked = ("matrix", "--sdk", client.name, "--compare")
    assert main([*asked, str(EXPECTED)]) == 0
    assert capsys.readouterr().out.startswith(f"{client.name} {client.version} against ")
    path = EXPECTED / f"{client.package}-{client.major}.json"
    known = json.loads(path.read_text(encoding="utf-8"))
    known[client.name]["overloaded()"]["plain"] = "SILENT whole"
    (tmp_path / path.name).write_text(json.dumps(known))
    assert main([*asked, str(tmp_path), "--json"]) == 1
    sdk, *_ = json.loads(capsys.readouterr().out)["sdks"]
    (change,) = sdk["changes"]
    assert (change["fault"], change["way"]) == ("overloaded()", "plain")
    assert change["before"] == "SILENT whole"
    assert "Overloaded" in change["now"]
    assert main([*asked, str(tmp_path), "--markdown"]) == 2
    assert "not Markdown" in capsys.readouterr().err
