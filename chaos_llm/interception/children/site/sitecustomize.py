"""Loaded first by a Python child of an outage; it then runs the site's own `sitecustomize`.

It must work in every Python, with another version of chaos_llm or none.
"""

import importlib.util
import os
import sys
from importlib.machinery import PathFinder

_FOLDER = os.path.dirname(os.path.abspath(__file__))


def _install_the_guard() -> None:
    settings = os.environ.get("CHAOS_LLM_EGRESS")
    if not settings:
        return
    home = _FOLDER
    for _ in range(4):  # site, children, interception, chaos_llm
        home = os.path.dirname(home)
    sys.path.append(home)
    try:
        from chaos_llm.interception.children.python_child import install

        install(settings)
    except Exception as error:
        sys.stderr.write(f"chaos_llm: this process has no guard: {error!r}\n")
    finally:
        sys.path.remove(home)


def _run_the_sites_own() -> None:
    sys.path[:] = [folder for folder in sys.path if os.path.abspath(folder) != _FOLDER]
    found = PathFinder.find_spec("sitecustomize", sys.path)
    if found is None or found.loader is None:
        return
    module = importlib.util.module_from_spec(found)
    sys.modules["sitecustomize"] = module
    found.loader.exec_module(module)


_install_the_guard()
_run_the_sites_own()
