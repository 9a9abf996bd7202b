"""Any text that an app, a model, a header or an exception holds goes through every report."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree as ET

import httpx2
import pytest

from chaos_llm import outage
from chaos_llm.faults import wrong_refusal
from chaos_llm.journal.journal import Journal

NASTY = {
    "half a letter": "half \ud83d letter",
    "a NUL": "a\0b",
    "ends of lines": "a\r\nb\u2028c\u0085d\x0be",
    "a mark of direction": "\u202egnp.exe\u202c",
    "a command of a terminal": "\x1b]0;owned\x07\x1b[2J",
    "a tag": "</script><script>alert(1)</script>",
    "the end of a section": "]]> &amp; <!--",
    "a megabyte": "word " * 200_000,
}
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

SUITE = """
    import json
    import httpx2
    import pytest
    from chaos_llm.faults import overloaded

    NASTY = json.loads({nasty!r})

    class Odd(Exception):
        def __repr__(self):
            raise RuntimeError("no repr")

    def post(chaos, prompt, model):
        return httpx2.post(
            "https://api.anthropic.com/v1/messages",
            content=json.dumps({{"model": model, "max_tokens": 9,
                                "messages": [{{"role": "user", "content": prompt}}]}}),
            headers={{"x-api-key": "k", "x-odd": "\\xff"}},
        )

    @pytest.mark.chaos("anthropic-529-storm")
    @pytest.mark.parametrize("name", NASTY)
    @pytest.mark.parametrize("how", ["returned", "raised", "asked", "direct"])
    def test_says(chaos, name, how):
        text = NASTY[name]
        def app(prompt):
            if how == "asked":
                prompt = prompt + text
            reply = post(chaos, prompt, "m" + text[:2000])
            if reply.status_code != 200:
                if how == "raised":
                    raise Odd(text)
                return text
            return reply.json()["content"][0]["text"]
        if how == "direct":
            post(chaos, text, text)
        else:
            report = chaos.replay(app, calls=12, prompts=None)
            json.loads(report.json(calls=True, prompts=True))
            assert "<html" in report.html()
            print(report)
        raise Odd(text)
"""


def test_11_any_text_goes_through_pages_json_junit_and_the_terminal(pytester):
    pytester.makepyfile(SUITE.format(nasty=json.dumps(NASTY)))
    result = pytester.runpytest_subprocess(
        "-q", "-p", "no:randomly", "--chaos-report=pages", "--junitxml=junit.xml", "--tb=line"
    )
    result.assert_outcomes(failed=4 * len(NASTY))
    shown = "\n".join(result.outlines)
    ours = shown[shown.index("chaos report:") :] if "chaos report: no" in shown else ""
    assert not ours, ours
    pages = list(pytester.path.joinpath("pages").iterdir())
    of_tests = [path for path in pages if path.suffix == ".json" and path.name != "history.json"]
    assert len(of_tests) == 4 * len(NASTY)
    for path in pages:
        text = path.read_text(encoding="utf-8")
        assert not OBEYED.search(text.replace("\r\n", "\n")), path
        if path.suffix == ".json":
            json.loads(text)
        elif path.suffix == ".jsonl":
            assert [json.loads(line) for line in text.splitlines()]
        else:
            assert "<script>alert(1)" not in text
        assert len(text) < 2_000_000
    tree = ET.parse(pytester.path / "junit.xml")
    assert len(list(tree.iter("property"))) >= 4 * len(NASTY) * 4


@pytest.mark.parametrize("name", NASTY)
def test_11_a_journal_has_one_line_for_each_exchange_whatever_is_in_it(name):
    body = {"model": NASTY[name], "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]}
    with outage() as chaos:
        chaos.on("anthropic").inject(wrong_refusal(message=f"no: {NASTY[name][:3000]}"))
        for _ in range(2):
            httpx2.post(
                "https://api.anthropic.com/v1/messages",
                content=json.dumps(body),
                headers={"x-api-key": "k"},
            )
        written = chaos.journal.to_jsonl()
        shown = chaos.timeline()
    assert len(written.encode()) < 20_000
    assert len(written.splitlines()) == 2
    assert [record["n"] for record in Journal.read(written.splitlines())] == [0, 1]
    assert not OBEYED.search(shown.replace("\n", ""))


class Unspeakable:
    def __repr__(self):
        raise RuntimeError("no")


def test_11_a_return_value_that_cannot_be_shown_is_named():
    with outage() as chaos:
        report = chaos.replay(lambda _: Unspeakable(), calls=3, outcome=lambda *_: False)
        assert "a Unspeakable whose repr raises RuntimeError" in report.timeline()
        assert json.loads(report.json())["calls"] == 3
