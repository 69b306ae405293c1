"""Stand-alone scripts: one Jinja template a page, into which our own source is copied, so that it is written once."""

import ast
import importlib.util
from functools import cache
from pathlib import Path

import nbformat
from jinja2 import Environment, PackageLoader, StrictUndefined
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from core.syntax import tree_of

CELL = "# %%"


def render(slug: str, **values: object) -> str:
    """Fill core/scripts/SLUG.py.jinja.

    Args:
        slug: the page's.
        **values: what the template names besides `source` and `body`.

    Returns:
        Python source in the percent format: `# %%` begins a cell.
    """
    return templates().get_template(f"{slug}.py.jinja").render(source=source, body=body, **values)


def notebook(script: str) -> bytes:
    """A script in the percent format as a Jupyter notebook (.ipynb, UTF-8)."""
    cells = []
    for cell in f"\n{script}".split(f"\n{CELL}"):
        head, _, text = cell.partition("\n")
        text = text.strip("\n")
        if not text:
            continue
        if "[markdown]" in head:
            cells.append(
                new_markdown_cell("\n".join(line.removeprefix("#").removeprefix(" ") for line in text.split("\n")))
            )
        else:
            cells.append(new_code_cell(text))
    for index, made in enumerate(cells):
        made["id"] = f"cell-{index}"
    made_notebook = new_notebook(cells=cells, metadata={"language_info": {"name": "python"}})
    return nbformat.writes(made_notebook).encode()


@cache
def source(module: str, *names: str) -> str:
    """The source of functions, classes and constants of one of our modules, in the order asked for.

    Raises:
        KeyError: if the module has no such name at its top level.
    """
    text = _text(module)
    found = {}
    for node in tree_of(text).body:
        segment = ast.get_source_segment(text, node) or ""
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            decorators = [f"@{ast.get_source_segment(text, decorator)}\n" for decorator in node.decorator_list]
            found[node.name] = "\n\n" + "".join(decorators) + segment
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found[node.target.id] = segment
        elif isinstance(node, ast.Assign):
            found.update({target.id: segment for target in _plain_names(node)})
    return "\n".join(found[name] for name in names).lstrip("\n")


@cache
def body(module: str) -> str:
    """The source of one of our modules without its docstring and imports."""
    text = _text(module)
    nodes = [n for n in tree_of(text).body if not isinstance(n, ast.Import | ast.ImportFrom)][1:]
    return "\n".join(text.splitlines()[nodes[0].lineno - 1 :])


def _plain_names(node: ast.Assign) -> list[ast.Name]:
    targets = node.targets[0].elts if isinstance(node.targets[0], ast.Tuple) else node.targets
    return [target for target in targets if isinstance(target, ast.Name)]


def _text(module: str) -> str:
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise KeyError(module)
    return Path(spec.origin).read_text(encoding="utf-8")


@cache
def templates() -> Environment:
    """The templates of core/scripts; a name that a template misses is an error."""
    made = Environment(
        loader=PackageLoader("core", "scripts"), undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True
    )
    made.filters["repr"] = repr
    return made
