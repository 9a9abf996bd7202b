"""The gallery of real bugs, from the table that the tests of the gallery read."""

from __future__ import annotations

from gallery.bug import Bug, Unseen
from gallery.bugs import BUGS, UNSEEN

from reference_pages import markdown


def render() -> str:
    """The bugs that a check finds as a table, then those that show nothing outside the app."""
    head = ("bug", "library", "what is wrong", "found by", "fix", "reported in")
    rows = [_row(bug) for bug in sorted(BUGS, key=lambda bug: bug.id)]
    unseen = "".join(map(_line, UNSEEN))
    return f"{markdown.table(head, rows)}\nBugs that cannot be seen outside the app:\n\n{unseen}"


def _row(bug: Bug) -> tuple[str, ...]:
    check = f"[`{bug.check}`](checks.md#{bug.check})"
    return bug.id, f"{bug.library} {bug.version}", bug.says, check, bug.fix, _links(bug)


def _line(bug: Unseen) -> str:
    library = f"{bug.library} {bug.version}"
    return f"* {bug.id}, {library}: {bug.says} ({_links(bug)}). Why: {bug.why}\n"


def _links(bug: Bug | Unseen) -> str:
    parts = (issue.partition("#") for issue in bug.issues)
    return ", ".join(
        f"[{repository}#{number}](https://github.com/{repository}/issues/{number})"
        for repository, _, number in parts
    )
