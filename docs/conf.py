"""Sphinx settings of the documentation site: `nox -s docs` builds it."""

from __future__ import annotations

import sys
from pathlib import Path

_DOCS = Path(__file__).parent
sys.path[:0] = [str(_DOCS), str(_DOCS.parent / "tests")]

import chaos_llm  # noqa: E402 - after the path is set

project = "chaos_llm"
author = "The chaos_llm developers"
project_copyright = author
release = version = chaos_llm.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "reference_pages"]
exclude_patterns = ["_build"]
source_suffix = {".md": "markdown"}

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4

smartquotes = False  # texts quote code
default_role = "code"  # docstrings are plain text with `code` in single backticks
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True

html_theme = "furo"
html_title = "chaos_llm"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = ["timeline.js"]
html_show_sourcelink = False
html_copy_source = False
