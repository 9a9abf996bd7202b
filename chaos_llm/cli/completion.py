"""`chaos-llm completion`."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Any

from chaos_llm.errors import ChaosError, UsageError

SHELLS = ("bash", "zsh", "fish", "tcsh", "powershell")
_OF_PROFILES = frozenset({"profile", "profiles", "name", "names", "one", "other"})


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("shell", choices=SHELLS, help='as in: eval "$(chaos-llm completion bash)"')


def run(options: argparse.Namespace) -> int:
    """Print what a shell evaluates to complete commands, options and profiles' names."""
    print(_argcomplete().shellcode(["chaos-llm"], shell=options.shell))
    return 0


def complete(parser: argparse.ArgumentParser) -> None:
    """Answer a shell that asks for completions, and end the process."""
    for action in _all_actions(parser):
        if action.dest in _OF_PROFILES and not action.option_strings:
            action.completer = _profiles_and_files  # type: ignore[attr-defined] # argcomplete's
    _argcomplete().autocomplete(parser)


def _all_actions(parser: argparse.ArgumentParser) -> Iterable[argparse.Action]:
    # argparse has no public way to list what was added to a parser; argcomplete reads these too.
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for each in action.choices.values():
                yield from _all_actions(each)


def _profiles_and_files(prefix: str, **more: Any) -> list[str]:
    """The profiles that begin so, and TOML files; nothing where a profile cannot be read."""
    from argcomplete.completers import FilesCompleter  # noqa: PLC0415 - an extra

    from chaos_llm.profiles import catalogue  # noqa: PLC0415 - only when a shell asks

    files: list[str] = FilesCompleter(("toml",))(prefix, **more)
    try:
        return [name for name in catalogue.names() if name.startswith(prefix)] + files
    except ChaosError:
        return files


def _argcomplete() -> Any:
    try:
        import argcomplete  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        message = "shell completion needs argcomplete: pip install 'chaos_llm[completion]'"
        raise UsageError(message) from None
    return argcomplete
