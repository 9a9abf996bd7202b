"""The line of every key, also where text and comments look like structure."""

from __future__ import annotations

from chaos_llm.profiles.toml_positions import line_of, positions

TEXT = '''\
title = "not [[window]] # nor a comment" # [[window]]
note = """
[[window]]
name = "inside a text"
"""
path = 'C:\\'
a.b = 1

[[window]]
name = "first"
faults = [
  { fault = "hang", "odd key" = [1, 2] }, # }
  { fault = "x" },
]
share = [[2026-03-02T11:00:00Z, 0.5],
         [2026-03-02T12:00:00Z, 0.6]]

[[window]]   # the second
name = 'second'
[window.evidence]
from = "a"
[[window.faults]]
fault = "y"

["quoted table".sub]
key = 1.5
'''

LINES = positions(TEXT)


def test_keys_after_texts_that_look_like_tables_are_found():
    assert LINES["title",] == 1
    assert LINES["note",] == 2
    assert LINES["path",] == 6
    assert LINES["a", "b"] == 7
    assert LINES["window", 0] == 9
    assert LINES["window", 0, "name"] == 10


def test_elements_of_long_lists_are_found():
    assert LINES["window", 0, "faults", 0, "fault"] == 12
    assert LINES["window", 0, "faults", 0, "odd key"] == 12
    assert LINES["window", 0, "faults", 1] == 13
    assert LINES["window", 0, "share", 1] == 16


def test_tables_inside_the_last_of_several_tables_are_found():
    assert LINES["window", 1] == 18
    assert LINES["window", 1, "evidence", "from"] == 21
    assert LINES["window", 1, "faults", 0, "fault"] == 23
    assert LINES["quoted table", "sub", "key"] == 26


def test_a_missing_key_has_the_line_of_its_table():
    assert line_of(LINES, ("window", 1, "until")) == 18
    assert line_of(LINES, ("nothing",)) == 1
