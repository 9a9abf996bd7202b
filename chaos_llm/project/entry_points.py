"""Functions, methods, routes and agents of a module that a first test can call with a question."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["function", "method", "route", "agent", "script"]

_VERBS = (
    *("answer", "ask", "chat", "complete", "reply", "respond", "generate", "summarize"),
    *("summarise", "describe", "invoke", "run", "handle", "query", "call", "translate"),
)
_ARGUMENTS = (
    *("question", "prompt", "message", "query", "text", "user_input", "input", "content"),
    *("user_message", "topic", "document"),
)
_CLIENTS = {
    *("agents", "aiohttp", "anthropic", "boto3", "cohere", "google", "groq", "httpx", "httpx2"),
    *("langchain", "langchain_anthropic", "langchain_openai", "langgraph", "litellm", "mistralai"),
    *("ollama", "openai", "pydantic_ai", "requests", "together", "xai_sdk"),
}
_KEYS = ("key", "token", "secret")  # last words of arguments that take a key
_SDK_CLIENTS = {
    **dict.fromkeys(("Anthropic", "AsyncAnthropic"), "anthropic"),
    **dict.fromkeys(("AsyncOpenAI", "OpenAI"), "openai"),
}
_AGENTS = ("create_agent", "create_react_agent", "create_tool_calling_agent")
_METHODS = ("get", "post", "put")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Entry:
    """A way into the app. `name` is that of the function, class, agent, or FastAPI object.

    `method` is a class' method, or a route's HTTP method; `path` is the route's; `argument` is the
    parameter, field or query parameter that takes the question. `made_with` is what a class is
    called with, and `needs` the imports of that.
    """

    kind: Kind
    module: str
    name: str = ""
    method: str = ""
    path: str = ""
    argument: str = ""
    is_body: bool = False
    is_async: bool = False
    is_call: bool = False  # an agent that a function without arguments makes
    made_with: str = ""
    needs: tuple[str, ...] = ()
    score: int = 0


def entries(tree: ast.Module, module: str) -> Iterator[Entry]:
    """What a module offers; modules that ask no provider offer routes alone."""
    asks = bool(_imports(tree) & _CLIENTS)
    yield from _routes(tree, module)
    if not asks:
        return
    yield from _agents(tree, module)
    for node in tree.body:
        if isinstance(node, Function):
            yield from _function(node, module)
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from _methods(node, module)
    if module.rpartition(".")[2] != "__init__":
        yield Entry("script", module, score=_score_of_script(tree))


def _routes(tree: ast.Module, module: str) -> Iterator[Entry]:
    apps = {name for name, call in _assigned_calls(tree) if call == "FastAPI"}
    models = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    for node in tree.body:
        if not isinstance(node, Function):
            continue
        for decorator in node.decorator_list:
            match decorator:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id=app), attr=method),
                    args=[ast.Constant(value=str(path)), *_],
                ) if app in apps and method in _METHODS and "{" not in path:
                    argument, is_body = _input(node, models)
                    if argument:
                        score = 60 + _words(node.name, argument)
                        yield Entry(
                            "route",
                            module,
                            app,
                            method,
                            path,
                            argument,
                            is_body=is_body,
                            score=score,
                        )


def _input(node: Function, models: dict[str, ast.ClassDef]) -> tuple[str, bool]:
    """The query parameter or the field of the body that takes a text."""
    for argument in (*node.args.args, *node.args.kwonlyargs):
        match argument.annotation:
            case ast.Name(id="str"):
                return argument.arg, False
            case ast.Name(id=name) if name in models:
                fields = _text_fields(models[name])
                if len(fields) == 1:
                    return fields[0], True
    return "", False


def _text_fields(model: ast.ClassDef) -> list[str]:
    """The fields of a model that are required and a text; none where another is required, too."""
    found = []
    for node in model.body:
        match node:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=ast.Name(id=kind), value=None):
                if kind != "str":
                    return []
                found.append(name)
            case ast.AnnAssign(value=None):
                return []
    return found


def _agents(tree: ast.Module, module: str) -> Iterator[Entry]:
    for name, call in _assigned_calls(tree):
        if call in _AGENTS:
            yield Entry("agent", module, name, score=55)
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef) or _required(node):
            continue
        returned = [each.value for each in ast.walk(node) if isinstance(each, ast.Return)]
        if any(isinstance(value, ast.Call) and _called(value) in _AGENTS for value in returned):
            yield Entry("agent", module, node.name, is_call=True, score=50)


def _function(node: Function, module: str) -> Iterator[Entry]:
    required = _required(node)
    if node.name.startswith("_") or node.decorator_list or len(required) != 1:
        return
    words = _words(node.name, required[0])
    if words:
        yield Entry(
            "function",
            module,
            node.name,
            argument=required[0],
            is_async=isinstance(node, ast.AsyncFunctionDef),
            score=30 + words,
        )


def _methods(node: ast.ClassDef, module: str) -> Iterator[Entry]:
    made = {each.name: each for each in node.body if isinstance(each, Function)}
    known = _made_with(made["__init__"]) if "__init__" in made else ("", ())
    if known is None:
        return
    made_with, needs = known
    if any(
        _called(each) in ("dataclass", "BaseModel") for each in (*node.bases, *node.decorator_list)
    ):
        return
    for each in made.values():
        required = _required(each)[1:]
        if each.name.startswith("_") or each.decorator_list or len(required) != 1:
            continue
        words = _words(each.name, required[0])
        if words:
            is_async = isinstance(each, ast.AsyncFunctionDef)
            yield Entry(
                "method",
                module,
                node.name,
                each.name,
                argument=required[0],
                is_async=is_async,
                made_with=made_with,
                needs=needs,
                score=32 + words,
            )


def _made_with(node: Function) -> tuple[str, tuple[str, ...]] | None:
    """What a class may be called with: placeholders for keys, SDKs' clients; None for the rest."""
    required = set(_required(node)[1:])
    values, needs = [], []
    for argument in (*node.args.args, *node.args.kwonlyargs):
        if argument.arg not in required:
            continue
        required.remove(argument.arg)
        client = _called(argument.annotation) if argument.annotation else ""
        if argument.arg.rpartition("_")[2] in _KEYS:
            values.append(f'{argument.arg}="a-placeholder"')
        elif client in _SDK_CLIENTS:
            values.append(f"{argument.arg}={client}()")
            needs.append(f"from {_SDK_CLIENTS[client]} import {client}")
        else:
            return None
    return None if required else (", ".join(values), tuple(needs))


def _words(name: str, argument: str) -> int:
    """How much a function's name and parameter look like a question to a model; 0: not at all."""
    parts = name.split("_")
    verb = next((20 - at for at, each in enumerate(_VERBS) if each in parts), 0)
    noun = next((14 - at for at, each in enumerate(_ARGUMENTS) if each == argument), 0)
    return verb + noun


def _score_of_script(tree: ast.Module) -> int:
    """A script asks where it is run: behind its main guard, or at its top level."""
    for node in tree.body:
        match node:
            case ast.If(test=ast.Compare(left=ast.Name(id="__name__"))):
                return 20
            case ast.Expr(value=ast.Call()) | ast.For() | ast.While():
                return 10
    return 0


def _required(node: Function) -> list[str]:
    """The names of the arguments without a default."""
    positional = [*node.args.posonlyargs, *node.args.args]
    count = len(positional) - len(node.args.defaults)
    keyword = [
        each.arg
        for each, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        if default is None
    ]
    return [each.arg for each in positional[:count]] + keyword


def _assigned_calls(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Each name at the top level that a call is assigned to, and what is called."""
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
                yield name, _called(call)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Call() as call):
                yield name, _called(call)


def _called(node: ast.expr) -> str:
    match node:
        case ast.Call(func=function):
            return _called(function)
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def _imports(tree: ast.Module) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found
