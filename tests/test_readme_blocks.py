"""The root conftest.py: how it collects a README, and which skips it fails in CI."""

from __future__ import annotations

from pathlib import Path

import pytest

CONFTEST = Path(__file__).parents[1] / "conftest.py"
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


def test_other_blocks_are_left_alone(run):
    shell = "```console\n$ def test_it():\n```\n"
    plain = '```python\nraise LookupError("no test")\n```\n'
    assert run(shell + plain).ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_a_readme_elsewhere_is_left_alone(project):
    folder = project.mkdir("docs")
    (folder / "README.md").write_text("```python\ndef test_it():\n    pass\n```\n")
    assert project.runpytest_inprocess(*QUIET, "docs").ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_ci_fails_what_is_skipped_for_want_of_a_tool(project, monkeypatch):
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


def test_ci_skips_what_no_tool_would_mend(project, monkeypatch):
    monkeypatch.setenv("CI", "true")
    project.makepyfile("import pytest\ndef test_it():\n    pytest.skip('needs the newer SDKs')\n")
    project.runpytest_inprocess(*QUIET).assert_outcomes(skipped=1)


def test_a_laptop_may_skip_for_want_of_a_tool(project, monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    project.makepyfile("import pytest\ndef test_it():\n    pytest.skip('needs Go')\n")
    project.runpytest_inprocess(*QUIET).assert_outcomes(skipped=1)
