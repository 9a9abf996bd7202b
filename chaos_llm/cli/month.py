"""`chaos-llm month`."""

from __future__ import annotations

import argparse

_PROVIDER = "a provider that fails; repeat it for more (default: anthropic, openai)"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--seed", type=int, default=0, help="another seed generates another month")
    parser.add_argument("--provider", metavar="NAME", action="append", help=_PROVIDER)
    parser.add_argument(
        "--incidents",
        type=int,
        default=8,
        metavar="N",
        help="incidents of each provider (default: 8)",
    )
    parser.add_argument(
        "--days",
        type=float,
        default=30,
        metavar="N",
        help="length of the profile in days (default: 30)",
    )


def run(options: argparse.Namespace) -> int:
    """Generate a profile with a month of incidents, drawn from the statistics of real ones."""
    from chaos_llm.profiles import to_toml  # noqa: PLC0415 - the same
    from chaos_llm.profiles.generated_month import month  # noqa: PLC0415 - faults

    providers = options.provider or ("anthropic", "openai")
    generated = month(
        options.seed, providers=providers, incidents=options.incidents, days=options.days
    )
    print(to_toml(generated), end="")
    return 0
