"""What a server is started with, and its bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from chaos_llm.decisions.start_position import Until
from chaos_llm.errors import UsageError
from chaos_llm.profiles import load
from chaos_llm.profiles.model import Profile
from chaos_llm.server.launch.combined_profile import combined
from chaos_llm.server.runs.clock import rate_of


@dataclass(frozen=True)
class Limits:
    """What one client may take; more is refused in words, and costs it the connection.

    Sizes are bytes, `patience` and `idle` real seconds: for a whole request to come, and for a
    kept connection to be used again.
    """

    head: int = 65_536
    target: int = 8192  # path and query; 414 beyond, as with most servers
    body: int = 32 * 1024 * 1024  # what Anthropic takes, the most of those that say so
    ahead: int = 262_144  # what may come while a reply is under way
    connections: int = 4096
    runs: int = 256
    journal: int = 20_000  # exchanges a run
    journals: int = 200_000  # exchanges of all runs together; each keeps 1,000 in any case
    patience: float = 30.0
    idle: float = 120.0


@dataclass(frozen=True)
class Settings:
    """What a server is started with; `profiles` are played at once, `at` is where they begin.

    `providers` are those that are played, all without any. `journal` is a file that gets a line for
    each exchange. `speed` belongs to the clock "scaled". With `toxiproxy` a real one plays what is
    wrong with the wire. `grpc` is a port for gRPC, 0 for any that is free. Raises UsageError,
    UnknownName or ProfileError for what cannot be.
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
    rootdir: Path | None = None
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
        for port in (self.port, self.grpc or 0):
            if not 0 <= port < 65_536:
                raise UsageError(f"a port is a number from 0 (any that is free) to 65535; {port}")

    @property
    def rate(self) -> float:
        """Seconds of a run's clock in a real second."""
        return rate_of(self.clock, self.speed)

    def day(self) -> Profile:
        """The profiles as one day."""
        return combined([load(each, rootdir=self.rootdir) for each in self.profiles])


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.casefold() == "localhost"
