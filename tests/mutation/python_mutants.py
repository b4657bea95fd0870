"""The mutants of a Python file, made by the operators of cosmic-ray."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator

# Of the operators of cosmic-ray those that a person could have meant. Others, such as a sum that
# becomes a power, make nearly every test fail, and would make the result look better than it is.
OPERATORS = (
    "AddNot",
    "ExceptionReplacer",
    "NumberReplacer",
    "RemoveDecorator",
    "ReplaceAndWithOr",
    "ReplaceBinaryOperator_Add_Sub",
    "ReplaceBinaryOperator_BitAnd_BitOr",
    "ReplaceBinaryOperator_BitOr_BitAnd",
    "ReplaceBinaryOperator_Div_Mul",
    "ReplaceBinaryOperator_FloorDiv_Mul",
    "ReplaceBinaryOperator_Mod_Mul",
    "ReplaceBinaryOperator_Mul_Div",
    "ReplaceBinaryOperator_Sub_Add",
    "ReplaceBreakWithContinue",
    "ReplaceComparisonOperator_Eq_NotEq",
    "ReplaceComparisonOperator_GtE_Gt",
    "ReplaceComparisonOperator_GtE_Lt",
    "ReplaceComparisonOperator_Gt_GtE",
    "ReplaceComparisonOperator_Gt_LtE",
    "ReplaceComparisonOperator_IsNot_Is",
    "ReplaceComparisonOperator_Is_IsNot",
    "ReplaceComparisonOperator_LtE_Gt",
    "ReplaceComparisonOperator_LtE_Lt",
    "ReplaceComparisonOperator_Lt_GtE",
    "ReplaceComparisonOperator_Lt_LtE",
    "ReplaceComparisonOperator_NotEq_Eq",
    "ReplaceContinueWithBreak",
    "ReplaceFalseWithTrue",
    "ReplaceOrWithAnd",
    "ReplaceTrueWithFalse",
    "ReplaceUnaryOperator_Delete_Not",
    "ReplaceUnaryOperator_USub_UAdd",
    "ZeroIterationForLoop",
)

Span = tuple[tuple[int, int], tuple[int, int]]  # line and column of start and end


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One change of a place: by an operator, which counts the places that it can change."""

    line: int
    column: int
    operator: str
    occurrence: int

    def apply(self, source: str) -> str:
        """Return ``source`` with the change."""
        changed: str = mutate_code(source, _operators()[self.operator], self.occurrence)
        return changed


def places(source: str) -> list[list[Edit]]:
    """Return the changes of every place of a file that can be changed.

    Left out: annotations, which nothing evaluates; the numbers of constants at the top level, since
    one more or less of a limit breaks no promise; how a dataclass is stored; the ``*`` in a list of
    parameters, which is no operator.
    """
    nodes = list(ast_nodes(get_ast(source)))
    skipped = list(_skipped(ast.parse(source)))
    lines = source.split("\n")
    found: dict[Span, list[Edit]] = defaultdict(list)
    for name, operator in _operators().items():
        spans = [span for node in nodes for span in operator.mutation_positions(node)]
        for occurrence, (start, end) in enumerate(spans):
            is_sign = lines[end[0] - 1][end[1] :].lstrip().startswith(",")
            if not is_sign and not any(one <= start and end <= last for one, last in skipped):
                line, column = start
                edit = Edit(line=line, column=column, operator=name, occurrence=occurrence)
                found[start, end].append(edit)
    return [edits for _, edits in sorted(found.items())]


@cache
def _operators() -> dict[str, Any]:
    return {name: get_operator(f"core/{name}")() for name in OPERATORS}


def _skipped(tree: ast.Module) -> Iterator[Span]:
    for node in ast.walk(tree):
        if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation:
            yield _span(node.annotation)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns:
            yield _span(node.returns)
        if isinstance(node, ast.ClassDef):
            yield from (_span(one) for one in node.decorator_list if isinstance(one, ast.Call))
    for statement in tree.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value:
            yield _span(statement.value)


def _span(node: ast.expr) -> Span:
    return (node.lineno, node.col_offset), (node.end_lineno or 0, node.end_col_offset or 0)
