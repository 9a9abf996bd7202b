"""What a server is started with, and its bounds."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

from chaos_llm.config import is_strict
from chaos_llm.decisions.start_position import Until
from chaos_llm.engine.webhooks import SECRET_VARIABLE, Delivery, delivery
from chaos_llm.errors import UsageError
from chaos_llm.profiles import load
from chaos_llm.profiles.model import Profile, Window
from chaos_llm.server.runs.clock import rate_of


def combined(profiles: Sequence[Profile]) -> Profile:
    """One profile of several; without any, every provider is healthy.

    The date is the first one's. If two of them set one provider's page, latency or quota, the first
    one's counts.
    """
    if not profiles:
        today = datetime.now(UTC).replace(microsecond=0)
        return Profile("healthy", "every provider is healthy", today, 0.0)
    first, *others = profiles
    if not others:
        return first
    return replace(
        first,
        name="+".join(each.name for each in profiles),
        title=" / ".join(each.title for each in profiles),
        ends=max(each.ends for each in profiles),
        windows=_windows(profiles),
        tags=tuple(dict.fromkeys(tag for each in profiles for tag in each.tags)),
        sources={
            key: source for each in reversed(profiles) for key, source in each.sources.items()
        },
        status_pages={
            name: page for each in reversed(profiles) for name, page in each.status_pages.items()
        },
        events=tuple(aside for each in profiles for aside in each.events),
        baseline={
            name: pace for each in reversed(profiles) for name, pace in each.baseline.items()
        },
        quotas={name: quota for each in reversed(profiles) for name, quota in each.quotas.items()},
    )


def _windows(profiles: Sequence[Profile]) -> tuple[Window, ...]:
    """All windows; a name that two profiles have gets its profile's name as a prefix."""
    names = [window.name for each in profiles for window in each.windows]
    return tuple(
        replace(w, name=f"{each.name}: {w.name}") if names.count(w.name) > 1 else w
        for each in profiles
        for w in each.windows
    )


@dataclass(frozen=True)
class Limits:
    """What one client may take; more is refused in words, and costs it the connection.

    Sizes are bytes, `patience` and `idle` real seconds: for a whole request to come, and for a
    kept connection to be used again.
    """

    head: int = 65_536
    target: int = 8192  # path and query; 414 beyond, as with most servers
    body: int = 32 * 1024 * 1024  # what Anthropic takes, the most of those that say so
    bodies: int = 512 * 1024 * 1024  # of all connections together, as far as they have come
    ahead: int = 262_144  # what may come while a reply is under way
    connections: int = 4096
    runs: int = 256
    journal: int = 20_000  # exchanges a run
    journals: int = 200_000  # exchanges of all runs together; each keeps 1,000 in any case
    patience: float = 30.0
    idle: float = 120.0


@dataclass(frozen=True)
class Settings:
    """The settings of a server; `profiles` are replayed together, `at` is where they begin.

    `providers` are those that are served; without any, all are. `journal` is a file that gets a
    line for each exchange. With `upstream`, requests that no fault hits go to the real vendors, or
    to the addresses in it. `speed` belongs to the clock "scaled". With `toxiproxy` a real one
    simulates network faults. `grpc` is a port for gRPC, 0 for any free one. `strict` is whether
    requests are refused that the real APIs refuse; if it is None, the nearest pyproject.toml
    decides, and the default is True. `webhooks` is the URL that gets OpenAI's webhooks of batches,
    signed with OPENAI_WEBHOOK_SECRET. Raises UsageError, UnknownName or ProfileError for invalid
    settings.
    """

    profiles: Sequence[str | Path | Profile] = ()
    host: str = "127.0.0.1"
    port: int = 0
    providers: Sequence[str] = ()
    seed: int = 0
    clock: str = "real"
    speed: float | None = None
    at: Until | None = None
    tls: bool = False
    tunnel: bool = False
    toxiproxy: bool = False
    grpc: int | None = None
    admin_token: str = ""
    journal: Path | None = None
    upstream: Sequence[str] | None = None
    rootdir: Path | None = None
    strict: bool | None = None
    webhooks: str = ""
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        rate_of(self.clock, self.speed)
        if not is_loopback(self.host) and not self.admin_token:
            raise UsageError(
                f"--host {self.host} can be reached from elsewhere: give --admin-token TOKEN, or "
                "set CHAOS_LLM_ADMIN_TOKEN, so that only you can steer the server"
            )
        if self.tunnel and not self.tls:
            raise UsageError("--tunnel is for the forward proxy; it needs --tls")
        _ = self.webhook_delivery  # a wrong URL or secret is an error here
        for port in (self.port, self.grpc or 0):
            if not 0 <= port < 65_536:
                raise UsageError(f"a port is a number from 0 (any that is free) to 65535; {port}")

    @property
    def rate(self) -> float:
        """Seconds of a run's clock in a real second."""
        return rate_of(self.clock, self.speed)

    @property
    def is_strict(self) -> bool:
        """Whether requests are refused that the real APIs refuse."""
        start = (self.rootdir or Path()).absolute()
        return is_strict(start) if self.strict is None else self.strict

    @property
    def webhook_delivery(self) -> Delivery | None:
        """Where webhooks go from the start; raises UsageError without a secret."""
        if not self.webhooks:
            return None
        secret = os.environ.get(SECRET_VARIABLE, "")
        if not secret:
            raise UsageError(
                f"--webhooks needs {SECRET_VARIABLE}, the secret that the app verifies them with"
            )
        return delivery(self.webhooks, secret)

    def day(self) -> Profile:
        """The profiles as one day."""
        return combined([load(each, rootdir=self.rootdir) for each in self.profiles])


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.casefold() == "localhost"
