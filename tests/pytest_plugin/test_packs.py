"""A pack, `year-2022`, in `--chaos` and in the markers: the test runs in each of its outages."""

from __future__ import annotations

import pytest
from support.plugin_suites import names

from chaos_llm.years import year

PACK = "year-2022:openai"
OUTAGES = [profile.name for profile in year(2022, "openai")]
MARKED = """
    import pytest

    @pytest.mark.{marker}
    def test(chaos):
        assert "-2022-" in chaos.profile.name
"""


def in_each():
    return [f"test[{name}]" for name in OUTAGES]


def test_an_option_names_a_pack(run):
    assert len(OUTAGES) > 1
    assert names(run("def test(): pass", "--chaos", PACK, "-v")) == in_each()


def test_packs_and_profiles_are_played_once(run):
    result = run("def test(): pass", "--chaos", PACK, "--chaos", OUTAGES[0], "-v")
    assert names(result) == in_each()


@pytest.mark.parametrize(
    "marker", [f"chaos({PACK!r})", f"chaos_campaign(profiles={PACK!r}, seeds=1)"]
)
def test_a_marker_names_a_pack(run, marker):
    result = run(MARKED.format(marker=marker), "-v")
    result.assert_outcomes(passed=len(OUTAGES))


def test_a_pack_without_outages_is_refused_at_the_start(run):
    result = run("def test(): pass", "--chaos", "year-1999", subprocess=True)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --chaos: no dated profile is of the year 1999"])


def test_a_marker_of_a_pack_without_outages_is_refused_at_collection(run):
    result = run(MARKED.format(marker='chaos("year-1999")'))
    result.stdout.fnmatch_lines(["*no dated profile is of the year 1999*"])
    result.assert_outcomes(errors=1)
