"""`pytest --chaos-record FILE`: the real calls of a test run, and how many they were."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest


class RecordingOption:
    """Records real calls until pytest ends. Workers of pytest-xdist append to the same file."""

    def __init__(self, config: pytest.Config) -> None:
        from chaos_llm.errors import ChaosError  # noqa: PLC0415 - only with --chaos-record
        from chaos_llm.recording.in_process import record  # noqa: PLC0415 - only with --chaos-record

        self.named: str = config.getoption("chaos_record")
        self._path: Path = config.invocation_params.dir / self.named
        self._begins = self._path.stat().st_size if self._path.is_file() else 0
        recording = ExitStack()
        try:
            recording.enter_context(record(self._path))
        except ChaosError as error:
            raise pytest.UsageError(f"--chaos-record: {error}") from None
        config.add_cleanup(recording.close)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say how many calls were recorded, and how to name a gateway where none was."""
        count = self._recorded()
        if count:
            calls = "1 call" if count == 1 else f"{count:,} calls"
            terminalreporter.write_line(f"chaos_llm: {calls} recorded in {self.named}")
        elif not terminalreporter.config.option.collectonly:
            terminalreporter.write_line(
                "chaos_llm: --chaos-record saw no call to a provider's host; "
                "[tool.chaos_llm.hosts] names the host of a gateway"
            )

    def _recorded(self) -> int:
        """The lines that this run added, but for the head of each process."""
        if not self._path.is_file():
            return 0
        with self._path.open("rb") as file:
            file.seek(self._begins)
            return sum(line.startswith(b'{"at"') for line in file)
