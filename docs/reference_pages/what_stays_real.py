"""The tables of what stays real in an outage: clients, other mocks, clocks and packages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chaos_llm.interception.clients import CLIENTS
from chaos_llm.interception.other_mocks import OTHER_MOCKS
from chaos_llm.virtual_time.native.clock_table import READS
from chaos_llm.virtual_time.native.redirected_libraries import REAL_LIBRARIES, REAL_PACKAGES
from chaos_llm.virtual_time.real_time_callers import METRICS, TELEMETRY_AND_DEBUGGERS, TEST_TOOLS
from chaos_llm.virtual_time.stays_real import NATIVE, PYTHON, REFUSED, StaysReal
from reference_pages import markdown


def render() -> str:
    """Render one section for each table that the code uses."""
    return "\n".join([*_network(), *_clocks(), *_packages()])


def _network() -> Iterator[str]:
    yield "## Which clients are answered, and which are refused\n"
    yield (
        "An answered request to a provider gets a simulated reply. A refused one raises "
        "`UncaughtEgress`, whose message ends with the text of the last column.\n"
    )
    rows = [
        (each.name, each.treatment, each.seam, _sentence(each.way_out) or "-") for each in CLIENTS
    ]
    yield markdown.table(("client", "request", "where it is intercepted", "error message"), rows)
    yield "## Other mocks in the same test\n"
    mocks = [(each.name, each.wins, each.how) for each in OTHER_MOCKS]
    yield markdown.table(("mock", "which one answers", "details"), mocks)


def _clocks() -> Iterator[str]:
    clocks = ", ".join(f"`{name}`" for name in READS if not name.startswith("_Z"))
    yield "## Clocks of compiled code\n"
    yield f"Functions of the C library that follow virtual time: {clocks}; C++'s `std::chrono`.\n"
    yield _table(NATIVE)
    yield "## Clocks of Python\n"
    yield _table(PYTHON)


def _packages() -> Iterator[str]:
    yield "## Compiled libraries that read the real time\n"
    for name, why in sorted({**REAL_PACKAGES, **REAL_LIBRARIES}.items()):
        yield f"* `{name}`: {why}"
    yield "* test tools, telemetry and debuggers: see below\n"
    yield "## Packages whose calls and threads keep real time\n"
    yield f"Test tools: {_names(TEST_TOOLS)}.\n"
    yield (
        f"Telemetry, debuggers and progress bars: {_names(TELEMETRY_AND_DEBUGGERS)}. Of "
        f"{_names(METRICS)} only the threads keep real time, because they measure durations of "
        "the app.\n"
    )
    yield "Add your own as `real_packages = [...]` under `[tool.chaos_llm]` in pyproject.toml.\n"
    yield "## Refused with an error\n"
    yield "An outage does not begin together with these; the error says what to do.\n"
    yield from (f"* {what}" for what in REFUSED)


def _table(rows: Iterable[StaysReal]) -> str:
    cells = [(row.what, row.why, row.instead or "-") for row in rows]
    return markdown.table(("what", "why, and what happens", "instead"), cells)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _names(packages: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(packages))
