"""Imports point down only: each line of LAYERS knows the lines above it, and no other."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import chaos_llm

LAYERS = (
    ("quick",),
    ("errors", "model", "dice"),  # know nothing of us
    (  # words, what a team sets, the clock
        "as_code",
        "capacity",
        "durations",
        "flow",
        "conversation_digest",
        "credentials",
        "kinds",
        "packs",
        "phrases",
        "pyproject",
        "quota",
        "retry_after",
        "schemas",
        "side_effects",
        "tokens",
        "virtual_time",
        "faults.fault",
    ),
    ("network", "told", "usual", "tiers"),  # the wire, what was said, any day, who pays what
    ("toxiproxy",),  # who makes a wire ill
    ("faults", "providers", "timeline", "script"),  # what fails, who answers, when, with what
    ("hosts", "status_page", "profiles", "plan", "month"),  # who is where; what was said; when
    ("correlation", "journal", "overrides", "calls", "examples"),  # which call, what happened
    ("draft", "as_played", "control"),  # one reply in the making; what was and is done by hand
    ("engine",),  # the pipeline from bytes to bytes
    ("interception", "prompts", "returned", "schedule"),  # the ways in: the wire and the workload
    ("workload", "evidence", "places"),  # simulated users; whose exchange is whose; moments
    ("outcomes",),  # what the users got
    ("run",),  # all that is known about a replay
    ("failovers", "gaps"),  # which request stood in for which; when nobody was served
    ("checks",),  # claims about a run
    ("reports",),  # what it amounts to
    ("replays", "strategies"),  # a workload that ends in a report; outages that are drawn
    ("_outage",),  # puts the parts together
    ("",),  # the package's public names
    ("server",),  # the same engine behind real sockets
    ("demo", "bad_days", "matrix", "search", "stateful"),  # callers, as a user would write them
    ("played",),  # what a test item has of us
    ("report_option",),  # pages and properties, where they are asked for
    ("pytest_plugin",),  # the door that tests use
    ("cli",),  # the door that shows the demo
    ("__main__",),  # the door's door
)
RANKS = {unit: rank for rank, layer in enumerate(LAYERS) for unit in layer}
CATALOGUES = {"faults": "fault", "providers": "provider", "checks": "check"}  # and their interfaces
STRANGERS = {"faults": {"providers"}, "providers": {"faults"}, "checks": {"faults", "providers"}}


class Package:
    """The modules of a package, by name without the package's own, and what each imports."""

    def __init__(self, folder: Path) -> None:
        self.root = folder.name
        self.modules = {self._name(path, folder): path for path in folder.rglob("*.py")}

    @staticmethod
    def _name(path: Path, folder: Path) -> str:
        parts = path.relative_to(folder).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def imports(self) -> Iterator[tuple[str, str]]:
        """Every module with each of ours that it imports, under TYPE_CHECKING or late as well."""
        for name, path in sorted(self.modules.items()):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                for target in self._targets(node):
                    if target != name:
                        yield name, target

    def _targets(self, node: ast.AST) -> Iterator[str]:
        match node:
            case ast.Import(names=names):
                dotted = [alias.name for alias in names]
            case ast.ImportFrom(level=0, module=str(module), names=names):
                dotted = [f"{module}.{alias.name}" for alias in names]
            case ast.ImportFrom():
                pytest.fail(f"a relative import: {ast.unparse(node)}")
            case _:
                return
        for each in dotted:
            root, _, inside = each.partition(".")
            if root == self.root:
                yield self._module(inside)

    def _module(self, dotted: str) -> str:
        """The module that a dotted name is, or is in."""
        while dotted not in self.modules:
            dotted = dotted.rpartition(".")[0]
        return dotted


def unit_of(module: str) -> str:
    """The entry of LAYERS that a module belongs to: the module's own before its folder's."""
    folder = module.partition(".")[0]
    return module if module in RANKS else folder


def not_pointing_down(package: Package) -> list[str]:
    return [
        f"{module or package.root} imports {target or package.root}"
        for module, target in package.imports()
        if unit_of(module) != unit_of(target) and RANKS[unit_of(target)] >= RANKS[unit_of(module)]
    ]


def between_siblings(package: Package) -> list[str]:
    found = []
    for module, target in package.imports():
        folder, _, stem = module.partition(".")
        other_folder, _, other = target.partition(".")
        if folder != other_folder or folder not in CATALOGUES or not stem:
            continue
        if other != CATALOGUES[folder] and not other.startswith("_"):
            found.append(f"{module} imports {target}")
    return found


def between_strangers(package: Package) -> list[str]:
    return [
        f"{module} imports {target}"
        for module, target in package.imports()
        if target.partition(".")[0] in STRANGERS.get(module.partition(".")[0], ())
    ]


def circles(package: Package) -> list[str]:
    """Modules that import each other, however far round; nothing may, in one folder either."""
    knows: dict[str, set[str]] = {module: set() for module in package.modules}
    for module, target in package.imports():
        knows[module].add(target)
    reachable = {module: reach(module, knows) for module in knows}
    return [module for module in sorted(knows) if module in reachable[module]]


def reach(module: str, knows: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    ahead = list(knows[module])
    while ahead:
        here = ahead.pop()
        if here not in seen:
            seen.add(here)
            ahead.extend(knows[here])
    return seen


@pytest.fixture(scope="module")
def package():
    return Package(Path(chaos_llm.__file__).parent)


@pytest.fixture
def planted(tmp_path):
    """A small package of the same shape, from file names and texts."""

    def plant(**files: str) -> Package:
        folder = tmp_path / "chaos_llm"
        for name, text in files.items():
            path = folder / f"{name.replace('__in__', '/')}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return Package(folder)

    return plant


def test_every_module_has_its_layer(package):
    assert {unit_of(module) for module in package.modules} == set(RANKS)


def test_imports_point_down_only(package):
    assert not not_pointing_down(package)


def test_files_of_a_catalogue_do_not_know_each_other(package):
    assert not between_siblings(package)


def test_faults_and_providers_are_strangers_and_checks_know_neither(package):
    assert not between_strangers(package)


def test_nothing_imports_itself_the_long_way_round(package):
    assert not circles(package)


def test_an_import_upwards_is_found_where_it_hides(planted):
    late = "def f():\n    from chaos_llm import engine\n"
    typed = "if TYPE_CHECKING:\n    import chaos_llm.engine.engine\n"
    package = planted(
        dice=late, model=typed, engine="from chaos_llm.protocol.keyed_random import Die\n"
    )
    assert not_pointing_down(package) == ["dice imports engine", "model imports engine"]


def test_a_fault_that_knows_its_sibling_is_found(planted):
    package = planted(
        faults__in__hang="from chaos_llm.faults import latency, _arguments, fault\n",
        faults__in__latency="from chaos_llm.providers import find\n",
        faults__in___arguments="",
        faults__in__fault="",
        providers__in____init__="",
    )
    assert between_siblings(package) == ["faults.hang imports faults.latency"]
    assert between_strangers(package) == ["faults.latency imports providers"]
