"""The names, addresses and components of the vendors' status pages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VendorPage:
    """A status page's name, address, components, and the ids that the public page shows."""

    name: str
    url: str
    components: tuple[str, ...]
    ids: tuple[tuple[str, str], ...] = ()


VENDOR_PAGES = {
    "anthropic": VendorPage(
        "Claude",
        "https://status.claude.com",
        (
            "claude.ai",
            "Claude Console (platform.claude.com)",
            "Claude API (api.anthropic.com)",
            "Claude Code",
            "Claude Cowork",
            "Claude for Government",
        ),
        (
            ("Claude", "tymt9n04zgry"),
            ("claude.ai", "rwppv331jlwc"),
            ("Claude API (api.anthropic.com)", "k8w3r06qmzrp"),
            ("Claude Code", "yyzkbfz2thpt"),
        ),
    ),
    # assumed: the real page has many more components
    "openai": VendorPage("OpenAI", "https://status.openai.com", ("API", "ChatGPT")),
}
