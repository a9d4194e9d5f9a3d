"""Filters: CQL2 text against the columns of a table.

The text becomes pygeofilter's syntax tree, by its transformer. The grammar is our own, because
the one that comes with pygeofilter 0.4 gives AND and OR the same rank (``a OR b AND c`` selects
what ``(a OR b) AND c`` does), and knows neither ``NOT (a AND b)``, ``''`` inside a text, a line
break nor a column of one letter. The tree is evaluated here rather than by pygeofilter's pandas
backend, in which the negation of a comparison with an unknown value is true.

Imported where a filter is used: making the parser takes a tenth of a second.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from datetime import date
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pygeofilter.parsers
import shapely
from lark import Lark, v_args
from lark.exceptions import UnexpectedInput
from pandas.api import types
from pygeofilter import ast
from pygeofilter.parsers.cql2_text.parser import CQLTransformer

from pingshan_geo.errors import UsageError
from pingshan_geo.ids import hint
from pingshan_geo.words import Text

_GRAMMAR = r"""
?start: condition
?condition: conjunction | conjunction (_OR conjunction)+            -> or_
?conjunction: negation | negation (_AND negation)+                  -> and_
?negation: predicate | _NOT negation                                -> not_
?predicate: "(" condition ")"
    | expression "=" expression                                     -> eq
    | expression "<>" expression                                    -> ne
    | expression "<" expression                                     -> lt
    | expression "<=" expression                                    -> lte
    | expression ">" expression                                     -> gt
    | expression ">=" expression                                    -> gte
    | expression _BETWEEN expression _AND expression                -> between
    | expression _NOT _BETWEEN expression _AND expression           -> not_between
    | expression _LIKE TEXT                                         -> like
    | expression _NOT _LIKE TEXT                                    -> not_like
    | expression _IN "(" expression ("," expression)* ")"           -> in_
    | expression _NOT _IN "(" expression ("," expression)* ")"      -> not_in
    | expression _IS _NULL                                          -> null
    | expression _IS _NOT _NULL                                     -> not_null
    | SPATIAL "(" column "," ewkt_geometry ")"                      -> spatial
?expression: product
    | expression "+" product                                        -> add
    | expression "-" product                                        -> sub
?product: atom
    | product "*" atom                                              -> mul
    | product "/" atom                                              -> div
?atom: column | TEXT | NUMBER | BOOLEAN
    | _DATE "(" TEXT ")"                                            -> day
    | "-" atom                                                      -> minus
    | "(" expression ")"
column: NAME | QUOTED

_AND.3: /AND(?![\w.])/i
_OR.3: /OR(?![\w.])/i
_NOT.3: /NOT(?![\w.])/i
_BETWEEN.3: /BETWEEN(?![\w.])/i
_LIKE.3: /LIKE(?![\w.])/i
_IN.3: /IN(?![\w.])/i
_IS.3: /IS(?![\w.])/i
_NULL.3: /NULL(?![\w.])/i
_DATE.3: /DATE(?=\s*\()/i
BOOLEAN.3: /(TRUE|FALSE)(?![\w.])/i
SPATIAL.3: /S_(INTERSECTS|WITHIN)(?![\w.])/i
NAME: /[^\W\d][\w.]*/
QUOTED: /"(""|[^"])+"/
TEXT: /'(''|[^'])*'/
NUMBER: /(\d+\.?\d*|\.\d+)(E[+-]?\d+)?/i
%import .wkt.ewkt_geometry
%import common.WS
%ignore WS
"""

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_CALCULATE: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}
Values = npt.NDArray[Any]
_NUMBER, _TEXT = Text("a number", "数字"), Text("a text", "文字")
_NOTHING = Text("nothing known", "未知值")
_KINDS = {
    "floating": _NUMBER,
    "integer": _NUMBER,
    "string": _TEXT,
    "boolean": Text("a truth value", "真假值"),
    "empty": _NOTHING,
}


@v_args(inline=True)
class _Reader(CQLTransformer):  # type: ignore[misc]
    """pygeofilter's transformer, with texts, names and signs as CQL2 has them."""

    def column(self, token: str) -> Any:
        name = token[1:-1].replace('""', '"') if token.startswith('"') else str(token)
        return ast.Attribute(name)

    def like(self, node: Any, pattern: str) -> Any:
        return ast.Like(node, pattern, False, "%", "_", "\\", False)

    def not_like(self, node: Any, pattern: str) -> Any:
        return ast.Like(node, pattern, False, "%", "_", "\\", True)

    def day(self, text: str) -> str:
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError as error:
            raise UsageError(
                f"the filter cannot be read: {text!r} is no date: {error}",
                f"无法读取筛选条件：{text!r} 不是日期：{error}",
            ) from None

    def minus(self, node: Any) -> Any:
        return ast.Sub(0.0, node)

    def spatial(self, name: str, column: Any, geometry: Any) -> Any:
        return self.binary_spatial_predicate(name, column, geometry)

    def wkt__geometry_with_srid(self, srid: Any, _geometry: Any) -> Any:
        raise UsageError(
            f"the filter's geometry is in the CRS of the table: leave SRID={srid} out",
            f"筛选条件中的几何采用表的坐标参考系，请去掉 SRID={srid}",
        )

    def wkt__multipoint_2(self, *positions: Any) -> Any:  # pygeofilter's own prints to stdout
        return {"type": "MultiPoint", "coordinates": positions}

    def TEXT(self, token: str) -> str:  # noqa: N802
        return token[1:-1].replace("''", "'")

    def NUMBER(self, token: str) -> float:  # noqa: N802
        return float(token)


_PARSER = Lark(
    _GRAMMAR,
    parser="lalr",
    maybe_placeholders=False,
    transformer=_Reader(),
    import_paths=[str(Path(pygeofilter.parsers.__file__).parent)],
)


class UnknownColumnError(UsageError):
    """A filter names a column that is not there; the message names the nearest.

    Parameters
    ----------
    column : str
        The name in the filter.
    known : sequence of str
        The names that there are.
    """

    def __init__(self, column: str, known: Sequence[str]) -> None:
        self.column, self.known = column, tuple(known)
        near, near_zh = hint(column, known)
        super().__init__(
            f"there is no column {column!r}" + (near or f"; there are: {', '.join(known[:12])}, …"),
            f"没有列 {column!r}" + (near_zh or f"；现有：{'、'.join(known[:12])}……"),
        )


def matching(where: str, table: pd.DataFrame) -> pd.Series[bool]:
    r"""Tell which rows of a table a filter selects.

    Columns and the index are known by their names; a name with other than letters, digits, ``_``
    and ``.`` stands in double quotes. Known are ``AND OR NOT``, ``= <> < <= > >=``, ``BETWEEN``,
    ``IN``, ``LIKE`` (``%`` any text, ``_`` one character, ``\`` before either), ``IS NULL``,
    ``+ - * /``, ``DATE('2017-12-31')``, and ``S_INTERSECTS`` and ``S_WITHIN`` of a geometry column
    and a WKT geometry in the CRS of the table.

    Parameters
    ----------
    where : str
        CQL2 text. Values are in the units of the columns (m², yuan, ratios as fractions of 1).
    table : pandas.DataFrame
        Any table; it is not changed.

    Returns
    -------
    pandas.Series of bool
        On the table's index. What depends on an unknown value (None, NaN, an outline that is
        missing or illustrative) is not selected, negated or not; ``IS NULL`` finds it.

    Raises
    ------
    UsageError
        For text that is no filter (with the place), an unknown column (with the nearest names)
        and comparisons between kinds of value, such as a number and a text.

    Examples
    --------
    >>> import pandas as pd
    >>> lots = pd.DataFrame({"far": [4.6, float("nan"), 2.0]}, index=["a", "b", "c"])
    >>> matching("NOT far > 3 OR far > 4", lots).tolist()
    [True, False, True]
    """
    try:
        holds, known = _Rows(table).truth(parsed(where))
    except RecursionError:
        raise _too_deep() from None
    return pd.Series(holds & known, index=table.index, name="matching")


def parsed(where: str) -> Any:
    """Return the syntax tree of a filter.

    Raises
    ------
    UsageError
        For text that is no filter, with the place.
    """
    try:
        return _PARSER.parse(where)
    except UnexpectedInput as error:
        place = error.pos_in_stream
        rest = where[place:][:40].rstrip() if place is not None and place >= 0 else ""
        at = place + 1 if place else 1
        raise UsageError(
            "the filter cannot be read: "
            + (f"character {at}: {rest!r}" if rest else "it ends too early"),
            "无法读取筛选条件：" + (f"第 {at} 个字符：{rest!r}" if rest else "结尾不完整"),
        ) from None
    except RecursionError:
        raise _too_deep() from None


def _too_deep() -> UsageError:
    return UsageError(
        "the filter is nested too deep; IN (…) replaces a long OR",
        "筛选条件嵌套过深；可用 IN (…) 代替一长串 OR",
    )


class _Rows:
    """The rows of one table, asked for the values and the truth of a syntax tree.

    Truth is a pair of arrays, "holds" and "known" (Kleene's logic); where not known, "holds" is
    False.
    """

    def __init__(self, table: pd.DataFrame) -> None:
        self.table = table

    def truth(self, node: Any) -> tuple[Values, Values]:
        """Return whether a condition holds in each row, and whether that is known."""
        match node:
            case ast.And(lhs, rhs):
                return _not(_or(_not(self.truth(lhs)), _not(self.truth(rhs))))
            case ast.Or(lhs, rhs):
                return _or(self.truth(lhs), self.truth(rhs))
            case ast.Not():
                return _not(self.truth(node.sub_node))
            case ast.Comparison(lhs, rhs):
                return self._compare(node.op.value, lhs, rhs)
            case ast.Between(lhs, low, high):
                outside = _or(self._compare("<", lhs, low), self._compare(">", lhs, high))
                found = _not(outside)
            case ast.In(lhs, options):
                found = reduce(_or, (self._compare("=", lhs, option) for option in options))
            case ast.Like(lhs, pattern):
                found = self._like(lhs, pattern)
            case ast.IsNull(lhs):
                unknown = pd.isna(self._values(lhs))
                found = unknown, np.ones_like(unknown)
            case _:
                return self._related(node.op.name.lower(), node.lhs.name, node.rhs)
        return _not(found) if node.not_ else found

    def _values(self, node: Any) -> Values:
        """Return the value of an expression in each row."""
        match node:
            case ast.Attribute():
                column = self._column(node.name)
                is_number = _is_number(column)
                return column.to_numpy(float, na_value=np.nan) if is_number else column.to_numpy()
            case ast.Arithmetic(lhs, rhs):
                left, right = self._values(lhs), self._values(rhs)
                if {_kind(left), _kind(right)} - {_NUMBER, _NOTHING}:
                    raise UsageError(
                        f"the filter calculates ({node.op.value}) with other than numbers",
                        f"筛选条件的运算（{node.op.value}）只能用于数字",
                    )
                with np.errstate(all="ignore"):
                    result = _CALCULATE[node.op.value](left.astype(float), right.astype(float))
                return np.where(np.isfinite(result), result, np.nan)
        return np.full(len(self.table), node, dtype=object if isinstance(node, str) else None)

    def _column(self, name: str) -> pd.Series[Any]:
        if name in self.table.columns:
            return self.table[name]
        if name in self.table.index.names:
            return self.table.index.get_level_values(name).to_series()
        known = [str(word) for word in (*self.table.index.names, *self.table.columns) if word]
        raise UnknownColumnError(name, known)

    def _compare(self, sign: str, lhs: Any, rhs: Any) -> tuple[Values, Values]:
        left, right = self._values(lhs), self._values(rhs)
        kinds = {_kind(left), _kind(right)} - {_NOTHING}
        if len(kinds) > 1:
            raise UsageError(
                f"the filter compares ({sign}) {' with '.join(k.en for k in sorted(kinds))}",
                f"筛选条件不能比较（{sign}）{'与'.join(k.zh for k in sorted(kinds))}",
            )
        known = ~(pd.isna(left) | pd.isna(right))
        holds = np.zeros(len(known), dtype=bool)
        holds[known] = _COMPARE[sign](left[known], right[known])
        return holds, known

    def _like(self, node: Any, pattern: str) -> tuple[Values, Values]:
        values = self._values(node)
        if _kind(values) not in (_TEXT, _NOTHING):
            kind = _kind(values)
            raise UsageError(
                f"LIKE asks for a text, not {kind.en}", f"LIKE 只用于文字，不用于{kind.zh}"
            )
        parts = re.findall(r"\\.|[\s\S]", pattern)
        runs = [""]  # of what stands between two %; the first place for a run does if any does
        for part in parts:
            if part == "%":
                runs.append("")
                continue
            runs[-1] += "." if part == "_" else re.escape(part[-1])
        first, *rest = runs
        regex = first + "".join(f"(?>.*?{run})" for run in rest[:-1])
        full = re.compile(regex + "".join(f".*{run}" for run in rest[-1:]), re.DOTALL).fullmatch
        known = ~pd.isna(values)
        holds = np.zeros(len(known), dtype=bool)
        holds[known] = [full(value) is not None for value in values[known]]
        return holds, known

    def _related(self, relation: str, name: str, literal: Any) -> tuple[Values, Values]:
        outlines = self._column(name)
        if str(outlines.dtype) != "geometry":
            raise UsageError(f"column {name!r} holds no geometry", f"列 {name!r} 不含几何")
        known = outlines.notna()
        if "geometry_status" in self.table:  # nobody published where an illustrative outline lies
            known &= self.table["geometry_status"] != "illustrative"
        try:
            other = shapely.geometry.shape(literal)
        except (shapely.errors.ShapelyError, ValueError, TypeError) as error:
            reason = str(error).strip()
            raise UsageError(
                f"the filter's geometry cannot be used: {reason}",
                f"筛选条件中的几何不可用：{reason}",
            ) from None
        related = getattr(shapely, relation)(outlines.to_numpy(), other)
        return related & known.to_numpy(), known.to_numpy()


def _not(truth: tuple[Values, Values]) -> tuple[Values, Values]:
    holds, known = truth
    return known & ~holds, known


def _or(left: tuple[Values, Values], right: tuple[Values, Values]) -> tuple[Values, Values]:
    holds = left[0] | right[0]
    return holds, holds | (left[1] & right[1])


def _is_number(values: Any) -> bool:
    return types.is_numeric_dtype(values) and not types.is_bool_dtype(values)


def _kind(values: Values) -> Text:
    """Return the kind of the known values, in words."""
    if _is_number(values):
        return _NUMBER
    kind = types.infer_dtype(values, skipna=True)
    return _KINDS.get(kind, Text(f"{kind} values", f" {kind} 值"))
