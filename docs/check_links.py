"""Check the internal links of the built site and of the texts beside it: `check_links.py SITE`.

A link leads to a file that exists, and where it has a fragment, to an element with that id. Links
to other hosts are not followed. The exit status is 1 where a link is broken.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_ROOT = Path(__file__).parents[1]
_LINK_IN_MARKDOWN = re.compile(r"(?<!`)\[[^\]`]*(?:`[^`]*`[^\]`]*)*\]\((?P<target>[^)\s]+)\)")


class Page(HTMLParser):
    """The ids of a page, and the targets of its links."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.targets: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the parser's name
        for name, value in attrs:
            if name == "id" and value:
                self.ids.add(value)
            if name in ("href", "src") and value:
                self.targets.append(value)


@cache
def page(path: Path) -> Page:
    """A built page, read once."""
    return Page(path.read_text(encoding="utf-8"))


def broken_in_site(site: Path) -> Iterator[str]:
    """The links of a built site that lead nowhere, as lines of text."""
    for path in sorted(site.rglob("*.html")):
        for target in page(path).targets:
            if problem := _problem(path, target):
                yield f"{path.relative_to(site)}: {target}: {problem}"


def _problem(path: Path, target: str) -> str:
    link = urlsplit(target)
    if link.scheme or link.netloc:
        return ""
    there = (path.parent / unquote(link.path)).resolve() if link.path else path
    if not there.is_file():
        return "no such file"
    if link.fragment and there.suffix == ".html" and link.fragment not in page(there).ids:
        return "no such place on that page"
    return ""


def broken_in_texts(root: Path) -> Iterator[str]:
    """The links of the README and its neighbours to files that do not exist, as lines of text."""
    for path in sorted(root.glob("*.md")):
        for found in _LINK_IN_MARKDOWN.finditer(path.read_text(encoding="utf-8")):
            link = urlsplit(found["target"])
            if not link.scheme and link.path and not (root / unquote(link.path)).exists():
                yield f"{path.name}: {found['target']}: no such file"


def main(site: Path) -> int:
    """Print what is broken; the exit status."""
    pages = sum(1 for _ in site.rglob("*.html"))
    broken = [*broken_in_site(site), *broken_in_texts(_ROOT)]
    for line in broken:
        sys.stdout.write(f"{line}\n")
    sys.stdout.write(f"{pages} pages, {len(broken)} broken links\n")
    return 1 if broken or not pages else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
