"""The command-line door: `chaos-llm demo`, `profiles`, `show` and `matrix`."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from typing import Any, Self

from chaos_llm.errors import ChaosError

_WIDEST = 120
_MARKDOWN = "as a page in Markdown; with a FILE, together with what it has of other versions"
_BAR, _LABEL = 40, 12  # columns of the progress bar and of what stands before it


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it worked, 2 when it was asked for something that is not there."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        status = command(options)
        sys.stdout.flush()
    except ChaosError as error:
        print(f"chaos-llm: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `chaos-llm show NAME | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return status


def demo(options: argparse.Namespace) -> int:
    """Replay the ten hours of 2 March 2026 against a naive and a hardened bot."""
    try:
        from chaos_llm.demo.bad_day import EVERY, PROFILE, replay_both  # noqa: PLC0415 - the vendors' SDKs
    except ModuleNotFoundError as error:
        print(
            f"chaos-llm: the demo needs {error.name!r}; pip install 'chaos_llm[demo]'",
            file=sys.stderr,
        )
        return 2
    from chaos_llm.reports.comparison import comparison_text  # noqa: PLC0415 - the same

    print(f"Replaying {PROFILE}, a question every {EVERY}, seed {options.seed} …\n", flush=True)
    with _Progress() as progress:
        reports = replay_both(options.seed, progress.show)
    print(comparison_text(reports, _width()))
    return 0


def profiles(options: argparse.Namespace) -> int:
    """List the bad days."""
    from chaos_llm.profiles import load, names, with_tag  # noqa: PLC0415 - pydantic
    from chaos_llm.reports.catalogue_text import render_catalogue  # noqa: PLC0415 - the same

    chosen = with_tag(options.tag) if options.tag else names()
    print(render_catalogue([load(name) for name in chosen]))
    return 0


def show(options: argparse.Namespace) -> int:
    """Draw one bad day with its evidence and sources."""
    from chaos_llm.profiles import load  # noqa: PLC0415 - pydantic
    from chaos_llm.reports.catalogue_text import render_profile  # noqa: PLC0415 - the same

    print(render_profile(load(options.name), width=_width()))
    return 0


def matrix(options: argparse.Namespace) -> int:
    """Play every fault to the vendors' SDKs that are installed, and tell what each made of it."""
    from chaos_llm.matrix.told import told  # noqa: PLC0415 - the vendors' SDKs

    with _Progress() as progress:
        text = told(options.sdk, progress.show, markdown=options.markdown, width=_width())
    print(text, end="")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="chaos-llm", description="Replay recorded LLM provider outages against your code."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    one = _command(commands, "demo", demo)
    one.add_argument("--seed", type=int, default=0, help="another seed is another bad day")
    one = _command(commands, "profiles", profiles)
    one.add_argument("--tag", help="only those with this tag")
    one = _command(commands, "show", show)
    one.add_argument("name", metavar="NAME", help="a profile's name, or the path of a TOML file")
    one = _command(commands, "matrix", matrix)
    one.add_argument("--sdk", metavar="NAME", action="append", default=[], help="only this one")
    one.add_argument("--markdown", metavar="FILE", nargs="?", const="", help=_MARKDOWN)
    return parser


def _command(
    commands: Any, name: str, run: Callable[[argparse.Namespace], int]
) -> argparse.ArgumentParser:
    text = (run.__doc__ or "").splitlines()[0]
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    parser.set_defaults(command=run)
    return parser


def _width() -> int:
    return min(_WIDEST, shutil.get_terminal_size((100, 24)).columns)


class _Progress:
    """A bar that says how much is done, on a terminal only; it leaves nothing behind."""

    def __init__(self) -> None:
        self._on_terminal, self._shown = sys.stderr.isatty(), ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            print("\r" + " " * len(self._shown) + "\r", end="", file=sys.stderr, flush=True)

    def show(self, name: str, share: float) -> None:
        """Say what is going on, and which share of the whole is done."""
        done = round(share * _BAR)
        bar = "#" * done + "." * (_BAR - done)
        line = f"{name:>{_LABEL}}  [{bar}] {share:4.0%}".replace("%", " %")
        if self._on_terminal and line != self._shown:
            self._shown = line
            print(f"\r{line}", end="", file=sys.stderr, flush=True)
