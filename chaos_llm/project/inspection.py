"""What a project is made of, read from its files; nothing of it is imported or run."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from chaos_llm.project.entry_points import Entry, entries

# The packages by which an app asks a provider, and that provider.
PROVIDERS: Mapping[str, str] = MappingProxyType(
    {
        "anthropic": "anthropic",
        "langchain_anthropic": "anthropic",
        "openai": "openai",
        "langchain_openai": "openai",
        "agents": "openai",
        "google": "gemini",
        "langchain_google_genai": "gemini",
        "boto3": "bedrock",
        "cohere": "cohere",
        "mistralai": "mistral",
        "groq": "groq",
        "together": "together",
        "xai_sdk": "xai",
        "ollama": "ollama",
    }
)
# Those of them that a framework is given a model's name for, as in "openai:gpt-5.2".
_NAMED = re.compile(r"""["'](anthropic|openai|gemini|cohere|mistral|groq|xai|ollama)[:/]""")
# Hosts in texts of a client of the app's own; the first that is found counts.
HOSTS: Mapping[str, str] = MappingProxyType(
    {
        "api.anthropic.com": "anthropic",
        "api.openai.com": "openai",
        "generativelanguage.googleapis.com": "gemini",
        "api.cohere.com": "cohere",
        "api.mistral.ai": "mistral",
        "api.groq.com": "groq",
        "api.deepseek.com": "deepseek",
        "openrouter.ai": "openrouter",
    }
)
_SKIPPED = {
    *("build", "dist", "docs", "env", "examples", "migrations", "node_modules", "site-packages"),
    *("test", "tests", "venv"),
}
_MOST_FILES, _LARGEST = 2000, 1_000_000  # files that are read, and bytes of each
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class Project:
    """A project as it was found; `source` is the folder that its modules are imported from."""

    root: Path
    tables: Mapping[str, Any]  # of pyproject.toml; empty without one
    dependencies: frozenset[str]
    source: Path
    provider: str
    entries: tuple[Entry, ...] = field(default=())

    @property
    def python_path(self) -> list[str]:
        """The folders that pytest's settings in pyproject.toml put on the path of imports."""
        pytest: dict[str, Any] = self.tables.get("tool", {}).get("pytest", {})
        setting = pytest.get("ini_options", pytest).get("pythonpath", [])
        return setting.split() if isinstance(setting, str) else list(setting)

    @property
    def has_pytest_settings(self) -> bool:
        """Whether pytest has a configuration that a second one would be ignored beside."""
        if "pytest" in self.tables.get("tool", {}):
            return True
        if any(
            (self.root / name).exists() for name in ("pytest.ini", ".pytest.ini", "pytest.toml")
        ):
            return True
        return any(
            section in _text(self.root / name)
            for name, section in (("tox.ini", "[pytest]"), ("setup.cfg", "[tool:pytest]"))
        )


def inspect(root: Path) -> Project:
    """Look at a project; raises tomllib.TOMLDecodeError for a pyproject.toml that is none."""
    tables = tomllib.loads(_text(root / "pyproject.toml"))
    listed = frozenset(_dependencies(root, tables))
    source = root / "src" if any((root / "src").glob("*/*.py")) else root
    modules = {path: _text(path) for path in _files(source)}
    trees = {path: tree for path, text in modules.items() if (tree := _parsed(text)) is not None}
    found = [each for path, tree in trees.items() for each in entries(tree, _module(path, source))]
    return Project(
        root=root,
        tables=tables,
        dependencies=listed,
        source=source,
        provider=_provider(trees.values(), modules.values(), listed),
        entries=tuple(sorted(found, key=lambda entry: -entry.score)),
    )


def _files(source: Path) -> Iterator[Path]:
    found = 0
    for path in sorted(source.rglob("*.py"), key=lambda path: (len(path.parts), path)):
        parts = path.relative_to(source).parts
        hidden = any(part.startswith(".") or part in _SKIPPED for part in parts[:-1])
        is_test = path.name.startswith("test_") or path.name in ("conftest.py", "setup.py")
        if hidden or is_test or path.stat().st_size > _LARGEST:
            continue
        found += 1
        if found > _MOST_FILES:
            return
        yield path


def _module(path: Path, source: Path) -> str:
    parts = path.relative_to(source).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):
        return None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _provider(trees: Iterable[ast.Module], texts: Iterable[str], listed: Collection[str]) -> str:
    """The provider that most modules ask; where none imports its SDK, the one that is named.

    It is named by a host, by a model ("openai:gpt-5.2") or by a dependency, in this order.
    """
    uses: dict[str, int] = {}
    for tree in trees:
        for package in imported(tree) & set(PROVIDERS):
            uses[PROVIDERS[package]] = uses.get(PROVIDERS[package], 0) + 1
    if uses:
        return max(uses, key=lambda name: uses[name])
    everything = "\n".join(texts)
    if host := next((name for host, name in HOSTS.items() if host in everything), ""):
        return host
    if model := _NAMED.search(everything):
        return model[1]
    packages = PROVIDERS.items()
    return next((name for each, name in packages if each.replace("_", "-") in listed), "anthropic")


def imported(tree: ast.Module) -> set[str]:
    """The top-level packages that a module imports anywhere."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def _dependencies(root: Path, tables: Mapping[str, Any]) -> Iterator[str]:
    project = tables.get("project", {})
    listed = [*project.get("dependencies", ())]
    for extra in project.get("optional-dependencies", {}).values():
        listed += extra
    for group in tables.get("dependency-groups", {}).values():
        listed += [each for each in group if isinstance(each, str)]
    listed += tables.get("tool", {}).get("poetry", {}).get("dependencies", {})
    for path in sorted(root.glob("requirements*.txt")):
        listed += _text(path).splitlines()
    for each in listed:
        if found := _NAME.match(each.strip()):
            yield found[0].lower().replace("_", "-")
