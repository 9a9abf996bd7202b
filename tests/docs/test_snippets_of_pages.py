"""The root conftest.py: how it collects snippets of pages, and which skips it fails in CI."""

from __future__ import annotations

from pathlib import Path

import pytest

CONFTEST = Path(__file__).parents[2] / "conftest.py"
QUIET = ("-p", "no:cacheprovider", "-p", "no:randomly")


@pytest.fixture
def project(pytester):
    """An empty project with our conftest.py."""
    pytester.makeconftest(CONFTEST.read_text(encoding="utf-8"))
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    return pytester


@pytest.fixture
def run(project):
    def run(text: str, *arguments: str) -> pytest.RunResult:
        (project.path / "README.md").write_text(text, encoding="utf-8")
        return project.runpytest_inprocess(*QUIET, *arguments, "README.md")

    return run


def test_a_block_with_a_test_runs_as_a_module_of_its_own(run):
    blocks = """\
# Title

```python
NAME = "first"

def test_it(tmp_path):
    assert NAME == "first" and tmp_path.is_dir()
```

```python
import pytest

@pytest.fixture
def name():
    return "second"

@pytest.mark.parametrize("number", [1, 2])
def test_it(name, number):
    assert name == "second"
    assert "NAME" not in globals()
```
"""
    result = run(blocks, "-v")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(
        ["README.md::line 4::test_it PASSED*", "README.md::line 11::test_it[[]1] PASSED*"]
    )


def test_an_async_test_in_a_block_runs(run):
    block = """\
```python
import asyncio
import pytest

@pytest.mark.asyncio
async def test_it():
    await asyncio.sleep(0)
    raise LookupError("it ran")
```
"""
    result = run(block, "-p", "pytest_asyncio")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*LookupError: it ran"])


def test_a_failure_shows_its_line_of_the_readme(run):
    result = run("One.\n\n```python\ndef test_it():\n    assert 1 == 2\n```\n")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([">       assert 1 == 2", "README.md:5: AssertionError"])


def test_a_block_that_is_no_python_is_an_error(run):
    result = run("```python\ndef test_it(:\n```\n")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*block at line 2: SyntaxError*"])


def test_a_block_without_a_test_runs_as_one(run):
    block = (
        "```python\nimport sys\nassert __name__ == '__main__'\nraise LookupError('it ran')\n```\n"
    )
    result = run(block)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["README.md:4: LookupError"])


def test_a_block_that_names_its_file_is_a_module_for_later_blocks_of_its_page(run):
    blocks = """\
```python
# shop.py
def ask():
    return "yes"
```

```python
from shop import ask

def test_it():
    assert ask() == "yes"
```
"""
    run(blocks, "-v").assert_outcomes(passed=2)
    run(blocks.partition("\n\n")[2]).assert_outcomes(errors=1)  # the module is gone with its page


def test_a_broken_module_of_a_page_fails_where_it_stands(run):
    result = run("```python\n# shop.py\n1 / 0\n```\n")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["README.md:3: ZeroDivisionError"])


def test_blocks_behind_a_need_are_skipped_without_it(run, monkeypatch):
    monkeypatch.delenv("NO_LIBRARY_IS_ABSENT", raising=False)
    block = "```python\ndef test_it():\n    pass\n```\n\n```python\nNAME = 1\n```\n"
    text = f"{block}<!-- needs: json no_such_module -->\n{block}<!-- needs: json -->\n{block}"
    result = run(text, "-rs")
    result.assert_outcomes(passed=4, skipped=2)
    result.stdout.fnmatch_lines(["*needs no_such_module*"])


def test_a_lane_fails_where_a_need_is_absent(run, monkeypatch):
    monkeypatch.setenv("NO_LIBRARY_IS_ABSENT", "1")
    result = run("<!-- needs: no_such_module -->\n```python\nNAME = 1\n```\n")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*No module named 'no_such_module'*"])


def test_blocks_of_other_languages_are_left_alone(run):
    shell = "```console\n$ def test_it():\n```\n"
    text = "```text\nraise LookupError()\n```\n"
    assert run(shell + text).ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_pages_of_the_docs_are_collected_and_texts_elsewhere_are_not(project):
    page = "```python\ndef test_it():\n    pass\n```\n"
    for folder in ("docs", "docs/how-to", "elsewhere"):
        project.mkdir(folder)
        (project.path / folder / "page.md").write_text(page)
    project.runpytest_inprocess(*QUIET, "docs", "elsewhere").assert_outcomes(passed=2)


def test_ci_fails_a_test_that_is_skipped_without_its_tool(project, monkeypatch):
    monkeypatch.setenv("CI", "true")
    project.makepyfile(
        test_inside="""
            import pytest

            @pytest.mark.parametrize("reason", ["needs Go", "this needs Node 20"])
            def test_it(reason):
                pytest.skip(reason)
            """,
        test_by_mark="""
            import pytest

            @pytest.mark.skipif(True, reason="needs Chromium")
            def test_it():
                pass
            """,
        test_whole_file="""
            import pytest

            pytest.skip("it needs a toxiproxy-server", allow_module_level=True)
            """,
    )
    result = project.runpytest_inprocess(*QUIET, "--continue-on-collection-errors")
    result.assert_outcomes(failed=2, errors=2)  # a mark skips in set-up, where it is an error


def test_ci_skips_what_no_tool_would_change(project, monkeypatch):
    monkeypatch.setenv("CI", "true")
    project.makepyfile("import pytest\ndef test_it():\n    pytest.skip('needs the newer SDKs')\n")
    project.runpytest_inprocess(*QUIET).assert_outcomes(skipped=1)


def test_a_laptop_may_skip_for_want_of_a_tool(project, monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    project.makepyfile("import pytest\ndef test_it():\n    pytest.skip('needs Go')\n")
    project.runpytest_inprocess(*QUIET).assert_outcomes(skipped=1)
