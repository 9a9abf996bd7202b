"""What is kept in the user's cache folder is what would be made, or is made anew."""

from __future__ import annotations

import pickle
import subprocess
import sys

import pytest

from chaos_llm import user_cache
from chaos_llm.answers import healthy_answers
from chaos_llm.profiles import compiled, load, loads, names
from chaos_llm.profiles.loading import path_of


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty cache folder."""
    monkeypatch.setenv(user_cache.FOLDER, str(tmp_path / "cache"))
    return tmp_path / "cache"


def kept(key, value, made):
    """Ask for a text, and note in `made` if it has to be made."""

    def make():
        made.append(value)
        return value

    def read(data):
        if not data:
            raise ValueError("no text")
        return data.decode()

    return user_cache.kept("text", key, make, str.encode, read)


def test_a_value_is_made_once_for_each_key():
    made = []
    assert [kept(key, key.decode(), made) for key in (b"a", b"b", b"a", b"b")] == list("abab")
    assert made == ["a", "b"]


def test_what_cannot_be_read_is_made_anew(folder):
    made = []
    kept(b"a", "a", made)
    (file,) = folder.iterdir()
    file.write_bytes(b"")
    assert kept(b"a", "new", made) == "new"
    assert kept(b"a", "newer", made) == "new"


def test_a_folder_that_cannot_be_written_is_no_error(folder):
    folder.write_text("a file in its place")
    made = []
    assert [kept(b"a", "a", made) for _ in range(2)] == ["a", "a"]
    assert made == ["a", "a"]


def test_an_empty_variable_switches_it_off(folder, monkeypatch):
    monkeypatch.setenv(user_cache.FOLDER, "")
    made = []
    assert [kept(b"a", "a", made) for _ in range(2)] == ["a", "a"]
    assert made == ["a", "a"]
    assert not folder.exists()


def test_every_shipped_profile_is_kept_as_it_was_read():
    for name in names():
        path, profile = path_of(name), load(name)
        data = path.read_bytes()
        compiled.compiled(path, data, lambda profile=profile: profile)
        assert (
            compiled.compiled(path, data, pytest.fail) == profile == loads(data.decode(), name=name)
        )


def test_a_profile_whose_file_changed_is_read_again():
    path, profile = path_of("anthropic-529-storm"), load("anthropic-529-storm")
    compiled.compiled(path, b"before", lambda: profile)
    other = load("anthropic-2026-03-02-three-waves")
    assert compiled.compiled(path, b"after", lambda: other) == other


class Unwanted:
    def __reduce__(self):
        return (subprocess.Popen, (["false"],))


@pytest.mark.parametrize(
    "data",
    [
        pickle.dumps(Unwanted()),
        b"\x80\x04\x8c\x14chaos_llm.user_cache\x8c\x09os.system\x93.",
        b"\x80\x04\x8c\x0achaos_llm\x8c\x07Outage\x93.",
        pickle.dumps({"a": 1}),
        b"",
    ],
    ids=["program", "path to a function", "another class", "another value", "nothing"],
)
def test_a_kept_file_makes_nothing_but_a_profile(folder, data):
    path, profile = path_of("anthropic-529-storm"), load("anthropic-529-storm")
    compiled.compiled(path, b"", lambda: profile)
    (file,) = folder.iterdir()
    file.write_bytes(data)
    assert compiled.compiled(path, b"", lambda: profile) is profile


def test_kept_sentences_are_those_that_faker_makes(folder):
    fresh = healthy_answers._sentences.__wrapped__
    made = fresh()
    assert len(list(folder.iterdir())) == 1
    assert fresh() == made == healthy_answers._made()


def test_the_first_answer_of_a_process_imports_neither_faker_nor_reports(folder):
    text = """if True:
        import sys, httpx2, chaos_llm
        body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
        with chaos_llm.outage("anthropic-529-storm"):
            url, key = "https://api.openai.com/v1/chat/completions", {"authorization": "Bearer k"}
            assert httpx2.post(url, json=body, headers=key).status_code == 200
        late = "faker", "httpx", "respx", "pydantic.main", "chaos_llm.checks"
        print(*(name for name in late if name in sys.modules))
    """
    for _ in range(2):  # the first one keeps what the second one reads
        run = subprocess.run(
            [sys.executable, "-c", text], capture_output=True, text=True, check=True
        )
    assert run.stdout.split() == []
