"""Python as a tree, one text at a time: in CPython 3.11 threads that make trees share a count of their depth."""

import ast
import threading

_lock = threading.Lock()


def tree_of(text: str) -> ast.Module:
    """The tree of a module.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: as `ast.parse`.
    """
    with _lock:
        return ast.parse(text)


def expression_of(text: str) -> ast.Expression:
    """The tree of an expression.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: as `ast.parse`.
    """
    with _lock:
        return ast.parse(text, mode="eval")
