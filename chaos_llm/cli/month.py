"""`chaos-llm month`."""

from __future__ import annotations

import argparse

_YEAR = 365  # days
_PROVIDER = "a provider that fails; repeat it for more (default: anthropic, openai)"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--seed", type=int, default=0, help="another seed generates another month")
    parser.add_argument("--provider", metavar="NAME", action="append", help=_PROVIDER)
    parser.add_argument(
        "--incidents",
        type=int,
        metavar="N",
        help="incidents of each provider (default: as many as were measured)",
    )
    parser.add_argument(
        "--days",
        type=float,
        default=30,
        metavar="N",
        help="length of the profile in days (default: 30)",
    )
    parser.add_argument(
        "--months", type=float, metavar="N", help="length of the profile in twelfths of a year"
    )
    parser.add_argument(
        "--statistics",
        action="store_true",
        help="print the profile's durations and frequencies beside the measured ones",
    )


def run(options: argparse.Namespace) -> int:
    """Generate a profile with a month of incidents, drawn from the statistics of real ones."""
    from chaos_llm.profiles import to_toml  # noqa: PLC0415 - faults
    from chaos_llm.profiles.generated_month import month  # noqa: PLC0415 - faults
    from chaos_llm.reports.profiles import month_text  # noqa: PLC0415 - faults

    providers = options.provider or ("anthropic", "openai")
    days = options.days if options.months is None else options.months * _YEAR / 12
    generated = month(options.seed, providers=providers, incidents=options.incidents, days=days)
    print(month_text.render(generated, days) if options.statistics else to_toml(generated), end="")
    return 0
