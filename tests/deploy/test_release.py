"""The release workflow: who may do what, and the steps that a laptop can run."""

from __future__ import annotations

import os
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
BASH = "/bin/bash"
JOBS = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text(encoding="utf-8"))["jobs"]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


def step(job, name):
    (found,) = (each["run"] for each in JOBS[job]["steps"] if each.get("name") == name)
    return found


def uses(job):
    return [each["uses"].partition("@")[0] for each in JOBS[job]["steps"] if "uses" in each]


@pytest.mark.skipif(not Path(BASH).exists(), reason="bash is not at /bin/bash")
@pytest.mark.parametrize(
    ("tag", "status"),
    [(f"v{VERSION}", 0), ("v99.0.0", 1), (VERSION, 1)],
    ids=["it", "other", "bare"],
)
def test_only_the_tag_of_the_version_is_released(tag, status):
    done = subprocess.run(
        [BASH, "-eo", "pipefail", "-c", step("build", "The tag is the version")],
        cwd=ROOT,
        env=os.environ | {"GITHUB_REF_NAME": tag},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status
    assert ("::error file=pyproject.toml::" in done.stdout) == bool(status)


def test_nothing_is_published_with_a_kept_password():
    text = (ROOT / ".github/workflows/release.yml").read_text(encoding="utf-8")
    assert "secrets." not in text
    assert JOBS["publish"]["permissions"] == {"id-token": "write"}
    assert JOBS["publish"]["environment"] == "release"


def test_what_is_published_was_built_checked_and_attested_before():
    assert JOBS["publish"]["needs"] == "build"
    assert not [each for each in JOBS["publish"]["steps"] if "run" in each]
    attested = {"actions/attest-build-provenance", "actions/attest-sbom"}
    assert attested <= set(uses("build"))


def test_the_version_is_in_one_place():
    """What is installed says it; no other file of the package or the workflow repeats it."""
    for path in (*ROOT.glob("chaos_llm/**/*.py"), *ROOT.glob(".github/workflows/*.yml")):
        assert f'"{VERSION}"' not in path.read_text(encoding="utf-8"), path
