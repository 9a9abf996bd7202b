"""Make the README's picture of a report: `python docs/picture.py`.

It needs the `demo` extra and Chromium. The naive bot is replayed on 2 March 2026, its page is
written as `pytest --chaos-report` would write it, and Chromium takes a picture of the upper part.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from chaos_llm import CheckFailed, outage
from chaos_llm.demo.naive_bot import NaiveBot

PICTURE = Path(__file__).parent / "images" / "report.png"
PROFILE, UNTIL, EVERY = "anthropic-2026-03-02-three-waves", "21:16", "30s"
SIZE = "1000,1115"  # pixels; the height ends below the drawing of what users got
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def page() -> str:
    """The report's page of a bot that has retries and nothing else."""
    with outage(PROFILE, seed=0) as chaos:
        report = chaos.replay(NaiveBot().answer, every=EVERY, until=UNTIL)
    with suppress(CheckFailed):  # the naive bot fails; the page shows it
        report.check()
    return report.html("test_bot_survives_march_2")


def take(source: str, picture: Path) -> None:
    """Have a browser draw a page; raises LookupError where there is none."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise LookupError(f"no browser found; looked for {', '.join(BROWSERS)}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.html"
        path.write_text(source, encoding="utf-8")
        flags = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars")
        shot = (f"--window-size={SIZE}", f"--screenshot={picture}", path.as_uri())
        subprocess.run([browser, *flags, *shot], check=True, capture_output=True)


if __name__ == "__main__":
    take(page(), Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURE)
