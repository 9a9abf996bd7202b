"""`chaos-llm month`."""

from __future__ import annotations

import argparse


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("--seed", type=int, default=0, help="another seed is another month")
    parser.add_argument(
        "--provider", metavar="NAME", action="append", help="only this one; again for more"
    )
    parser.add_argument("--incidents", type=int, default=8, metavar="N", help="for each provider")
    parser.add_argument("--days", type=float, default=30, metavar="N", help="its length")


def run(options: argparse.Namespace) -> int:
    """Generate a month of incidents from what is known of real ones; prints a profile."""
    from chaos_llm.profiles import to_toml  # noqa: PLC0415 - the same
    from chaos_llm.profiles.generated_month import month  # noqa: PLC0415 - faults

    providers = options.provider or ("anthropic", "openai")
    made = month(options.seed, providers=providers, incidents=options.incidents, days=options.days)
    print(to_toml(made), end="")
    return 0
