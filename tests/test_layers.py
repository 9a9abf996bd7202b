"""Imports point down only: each line of LAYERS knows the lines above it, and no other."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import chaos_llm

# From the top row down: each row imports the rows above it only. ARCHITECTURE.md shows this table.
LAYERS = (
    (("synonyms",), "what people call a provider or a fault"),
    (("errors", "code_repr"), "what can go wrong; values whose repr is the code that makes them"),
    (
        ("protocol", "durations", "config", "extensions", "user_cache"),
        "the nouns of one exchange; keyed randomness; a team's settings and packs; what is kept",
    ),
    (("virtual_time",), "the only clock"),
    (("faults", "providers"), "one file a fault; one folder a vendor's wire formats"),
    (("network", "requests"), "one file a toxic; the host, call and credential of a request"),
    (("profiles", "toxiproxy"), "recorded incidents, from TOML to frozen values; a real Toxiproxy"),
    (("recording",), "calls to real providers, masked, one line each"),
    (("answers", "decisions"), "what a healthy provider says; which faults hit a request"),
    (("journal",), "what happened, request by request"),
    (("engine", "analysis"), "from bytes to bytes; what each call of a replay got, and why"),
    (("importing",), "from recordings of any format to a profile"),
    (("interception", "checks"), "HTTP clients answered in process; one file a claim"),
    (("reports",), "text, JSON, pages, JUnit"),
    (("replay", "server"), "simulated users; the same engine behind real sockets"),
    (("outage_context",), "`chaos_llm.outage`: puts the parts together"),
    (
        ("", "demo", "property_testing", "years"),
        "public names; two bots; outages that Hypothesis draws; many outages in a row",
    ),
    (("campaign",), "an app against many profiles and seeds, on many processes"),
    (
        ("pytest_plugin", "sdk_matrix", "project", "locust_windows"),
        "options, markers, fixtures; every fault read by every SDK; what is installed beside us; "
        "windows in Locust's statistics",
    ),
    (("cli",), "`chaos-llm COMMAND`"),
    (("__main__",), "`python -m chaos_llm`"),
)
RANKS = {unit: rank for rank, (layer, _) in enumerate(LAYERS) for unit in layer}
ARCHITECTURE = Path(__file__).parent.parent / "ARCHITECTURE.md"
INTERFACES = {"faults": {"fault"}, "checks": {"check"}}  # what files of a catalogue may know
# A vendor that speaks another one's wire format extends it.
EXTENDS = {
    "azure": {"openai"},
    "openai_compatible": {"openai"},
    "anthropic": {"openai", "openai_compatible"},  # OpenAI's Chat Completions at Anthropic
    # Claude on Vertex; log probabilities in OpenAI's form; OpenAI's APIs at Gemini
    "google": {"anthropic", "openai", "openai_compatible"},
    "ollama": {"openai", "openai_compatible"},  # OpenAI's APIs at Ollama
    "aws": {"anthropic", "openai"},  # families of models in InvokeModel
    "refusals": {"google"},  # what Google's JSON calls a field
}
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
    """The entry of LAYERS that a module belongs to: its folder at the top, or itself."""
    return module.partition(".")[0]


def not_pointing_down(package: Package) -> list[str]:
    return [
        f"{module or package.root} imports {target or package.root}"
        for module, target in package.imports()
        if unit_of(module) != unit_of(target) and RANKS[unit_of(target)] >= RANKS[unit_of(module)]
    ]


def between_siblings(package: Package) -> list[str]:
    """Files of `faults` and `checks` that import each other."""
    found = []
    for module, target in package.imports():
        folder, _, stem = module.partition(".")
        other_folder, _, other = target.partition(".")
        if folder != other_folder or folder not in INTERFACES or not stem:
            continue
        if other not in INTERFACES[folder] and not other.startswith("_"):
            found.append(f"{module} imports {target}")
    return found


def between_vendors(package: Package) -> list[str]:
    """Folders of `providers` that import another vendor's without extending it."""
    found = []
    for module, target in package.imports():
        ours, theirs = module.split("."), target.split(".")
        if ours[0] != "providers" or theirs[0] != "providers" or min(len(ours), len(theirs)) < 3:
            continue
        if ours[1] != theirs[1] and theirs[1] not in EXTENDS.get(ours[1], ()):
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


def test_the_top_level_has_at_most_twelve_modules(package):
    assert (
        sum(
            "." not in module and path.name != "__init__.py"
            for module, path in package.modules.items()
        )
        <= 12
    )


def test_imports_point_down_only(package):
    assert not not_pointing_down(package)


def test_files_of_a_catalogue_do_not_know_each_other(package):
    assert not between_siblings(package)


def test_a_vendor_imports_only_the_vendor_that_it_extends(package):
    assert not between_vendors(package)


def test_faults_and_providers_do_not_import_each_other_and_checks_import_neither(package):
    assert not between_strangers(package)


def test_nothing_imports_itself_the_long_way_round(package):
    assert not circles(package)


def test_an_import_upwards_is_found_where_it_hides(planted):
    late = "def f():\n    from chaos_llm import engine\n"
    typed = "if TYPE_CHECKING:\n    import chaos_llm.engine.engine\n"
    package = planted(protocol=late, errors=typed, engine="from chaos_llm.protocol import x\n")
    assert not_pointing_down(package) == ["errors imports engine", "protocol imports engine"]


def test_an_import_of_another_fault_is_found(planted):
    package = planted(
        faults__in__hang="from chaos_llm.faults import latency, _arguments, fault\n",
        faults__in__latency="from chaos_llm.providers import find\n",
        faults__in___arguments="",
        faults__in__fault="",
        providers__in____init__="",
    )
    assert between_siblings(package) == ["faults.hang imports faults.latency"]
    assert between_strangers(package) == ["faults.latency imports providers"]


def test_an_import_of_another_vendor_is_found(planted):
    package = planted(
        providers__in____init__="",
        providers__in__cohere__in____init__="",
        providers__in__cohere__in__chat="from chaos_llm.providers.ollama.common import x",
        providers__in__ollama__in____init__="",
        providers__in__ollama__in__common="",
    )
    assert between_vendors(package) == ["providers.cohere.chat imports providers.ollama.common"]


def table() -> str:
    """LAYERS in Markdown."""
    rows = (
        f"| {', '.join('`' + (unit or 'chaos_llm') + '`' for unit in layer)} | {says} |"
        for layer, says in LAYERS
    )
    return "\n".join(["| folder or module | what is there |", "|---|---|", *rows])


def test_architecture_shows_the_layers():
    text = ARCHITECTURE.read_text(encoding="utf-8")
    if os.environ.get("UPDATE_ARCHITECTURE"):
        before, rest = text.split("<!-- layers -->\n", 1)
        behind = rest.split("\n<!-- /layers -->", 1)[1]
        text = f"{before}<!-- layers -->\n{table()}\n<!-- /layers -->{behind}"
        ARCHITECTURE.write_text(text, encoding="utf-8")
    assert table() in text, "write it anew with UPDATE_ARCHITECTURE=1"
