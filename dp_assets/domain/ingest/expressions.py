"""Expressions over a producer's columns, such as `= quantity * case_size` or `= 'web'`, in a mapping.

Belongs here: what an expression may say, which source columns it needs, its value for every row of a file.
Does not belong here: which unified column it fills (`mapping.py`), the type that column has (`type_rules.py`),
filters over unified columns (`filters.py`).

The text is parsed as SQL, and only what is listed here is let through: columns, numbers, 'texts', `+ - * / %`, `||`,
comparisons, CASE, and the functions in `FUNCTIONS`. Whatever reads files, looks at other rows or calls anything else is
refused when the configuration is loaded. What is left is handed to Polars.

Text files have only text, so the operators say what a column is: in arithmetic, and beside a number, its values are
read as numbers with the producer's decimal and thousands marks; everywhere else they are text without blanks around it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from dp_assets.domain.errors import ConfigError
from dp_assets.domain.ingest import values

if TYPE_CHECKING:
    from sqlglot import exp

Kind = Literal["number", "text", "condition", "either"]
"""What a part of an expression is; `either` for a bare column, which is what its surroundings need."""
FUNCTIONS: dict[str, str] = {
    "abs": "number",
    "ceil": "number",
    "concat": "text",
    "floor": "number",
    "left": "text",
    "length": "number",
    "lower": "text",
    "mod": "number",
    "replace": "text",
    "right": "text",
    "round": "number",
    "splitpart": "text",
    "substring": "text",
    "trim": "text",
    "upper": "text",
}
"""Functions that may be called, by sqlglot's key → what they give; COALESCE, NULLIF, IF and CASE give what goes in."""
ARITHMETIC = {"add": "+", "sub": "-", "mul": "*", "div": "/", "mod": "%"}
COMPARISONS = {"eq": "=", "neq": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
ORDERINGS = frozenset({"gt", "gte", "lt", "lte", "between"})
CONDITIONS = frozenset({*COMPARISONS, "between", "in", "is", "like", "ilike", "not", "and", "or", "boolean"})
CHOICES = frozenset({"coalesce", "nullif", "if", "case"})
ALLOWED = (
    "columns, numbers, 'texts', + - * / %, ||, comparisons, AND, OR, NOT, IN, BETWEEN, LIKE, IS NULL, CASE, IF, "
    "COALESCE, NULLIF and the functions ABS, CEIL, CONCAT, FLOOR, LEFT, LENGTH, LOWER, MOD, REPLACE, "
    "RIGHT, ROUND, SPLIT_PART, SUBSTRING, TRIM, UPPER"
)


@dataclass(frozen=True)
class Step:
    """One helper column: a source column, or an earlier result in SQL, read as a number or as text."""

    name: str
    kind: Literal["number", "text"]
    column: str | None = None
    sql: str | None = None


@dataclass(frozen=True)
class Expression:
    """An expression that was found to be harmless.

    Attributes:
        text: as written, without the `=`.
        columns: source columns it needs, in the order they appear.
        steps: helper columns, computed in this order.
        sql: the result, over the helper columns.
    """

    text: str
    columns: tuple[str, ...]
    steps: tuple[Step, ...] = field(repr=False)
    sql: str = field(repr=False)

    def evaluate(
        self, columns: Mapping[str, pl.Series], rows: int, decimal: str = ".", thousands: str = ""
    ) -> tuple[pl.Series, Callable[[], pl.Series]]:
        """The value for every row, and what came, as text, for messages.

        A row where something that should be a number is none has no value; what came then names those columns. Where
        nothing came at all, that is null too.

        Args:
            columns: at least `self.columns`, each with `rows` values.
            rows: R.
            decimal: decimal mark of numbers in text.
            thousands: thousands mark of numbers in text, empty for none.

        Returns:
            Numbers or texts (R), and a function that gives texts (R).
        """
        frame = pl.DataFrame({"row": pl.arange(0, rows, eager=True)})
        odd: dict[str, tuple[pl.Series, pl.Series]] = {}
        for step in self.steps:
            found = columns[step.column] if step.column is not None else _result(frame, step.sql or "")
            read = values.texts(found) if step.kind == "text" else values.numbers(found, decimal, thousands)
            frame = frame.with_columns(read.alias(step.name))
            if step.kind == "number" and read.null_count():
                came = values.texts(found)
                odd[step.column or self.text] = came.is_not_null() & read.is_null(), came
        result = _result(frame, self.sql)
        return result, lambda: _came(result, {name: came.set(~failed, None) for name, (failed, came) in odd.items()})


def _result(frame: pl.DataFrame, sql: str) -> pl.Series:
    result = frame.select("row", pl.sql_expr(sql).alias("result"))["result"]
    return result.cast(pl.String) if result.dtype in (pl.Null, pl.Boolean) else result


def _came(result: pl.Series, odd: Mapping[str, pl.Series]) -> pl.Series:
    """Results as text; where there is none, the values that should have been numbers: `qty = x, size = 3 big`."""
    came = values.texts(result)
    if not odd or not len(result):
        return came
    frame = pl.DataFrame({f"{name} = ": one for name, one in odd.items()})
    named = [pl.lit(name) + pl.col(name) for name in frame.columns]
    told = frame.select(pl.concat_str(named, separator=", ", ignore_nulls=True).alias("told"))["told"]
    return came.zip_with(came.is_not_null(), told.set(told == "", None))


# -- from text to steps -----------------------------------------------------------------------------------------------


@lru_cache(maxsize=1024)
def parse_expression(text: str) -> Expression:
    """The expression in a text (without the `=` in front of it).

    Raises:
        ConfigError: it is no SQL expression, or says something that is not let through; the message says what.
    """
    import sqlglot
    from sqlglot.errors import ParseError, SqlglotError

    try:
        found = [one for one in sqlglot.parse(text) if one is not None]
        if len(found) != 1:
            raise ConfigError(f"expected one expression after '=', got {len(found)} in '= {text}'")
        compiler = _Compiler(text)
        sql = compiler.compile(found[0])
        expression = Expression(text, tuple(compiler.columns), tuple(compiler.steps.values()), sql)
        _try_out(expression)
    except SqlglotError as error:
        places = error.errors if isinstance(error, ParseError) else []
        where = f" at character {places[0]['col']}" if places and places[0].get("col") else ""
        raise ConfigError(f"'= {text}' is no expression{where}; expected {ALLOWED}") from error
    except RecursionError as error:
        raise ConfigError(
            f"'= {text[:40]}…': expected a short expression, got one that is nested too deeply"
        ) from error
    return expression


def _try_out(expression: Expression) -> None:
    """Evaluates an expression over no rows, so that what Polars would not take is found at load."""
    empty = pl.Series([], dtype=pl.String)
    try:
        expression.evaluate(dict.fromkeys(expression.columns, empty), 0)
    except pl.exceptions.PolarsError as error:
        message = str(error).splitlines()[0]
        raise ConfigError(f"'= {expression.text}' cannot be computed: {message}; correct it") from error


class _Compiler:
    """Walks the tree of one expression and writes SQL over helper columns of known types."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.columns: dict[str, None] = {}
        self.steps: dict[tuple[str, str | None, str | None], Step] = {}

    def refusal(self, expected: str, got: exp.Expr) -> ConfigError:
        return ConfigError(f"'= {self.text}': expected {expected}, got {got.sql()}")

    def compile(self, node: exp.Expr) -> str:
        kind = self.kind(node)
        if kind == "condition":
            raise self.refusal(
                "a number or a text (`CASE WHEN … THEN 'yes' ELSE 'no' END` makes one of a condition)", node
            )
        return self.number(node) if kind == "number" else self.text_of(node)

    # -- what a part is --

    def kind(self, node: exp.Expr) -> Kind:
        key = node.key
        if key in ("column", "dot", "null"):
            return "either"
        if key == "paren":
            return self.kind(node.this)
        if key == "literal":
            return "text" if node.is_string else "number"
        if key in ARITHMETIC or key == "neg" or FUNCTIONS.get(key) == "number":
            return "number"
        if key == "dpipe" or FUNCTIONS.get(key) == "text":
            return "text"
        if key in CONDITIONS:
            return "condition"
        if key in CHOICES:
            return self.common(self.outcomes(node), node)
        raise self.refusal(ALLOWED, node)

    def common(self, nodes: Sequence[exp.Expr], around: exp.Expr) -> Kind:
        """The one kind of parts that stand for each other; numbers and texts do not mix."""
        kinds = {self.kind(node) for node in nodes} - {"either"}
        if len(kinds) > 1:
            raise self.refusal("only numbers or only texts (a text stands in 'quotes')", around)
        return kinds.pop() if kinds else "either"

    def outcomes(self, node: exp.Expr) -> list[exp.Expr]:
        """Parts that one of becomes the value."""
        args = node.args
        match node.key:
            case "case":
                chosen = [one.args["true"] for one in args["ifs"]]
                return [*chosen, args["default"]] if args.get("default") is not None else chosen
            case "if":
                return [args["true"], *([args["false"]] if args.get("false") is not None else [])]
            case "nullif":
                return [node.this, node.expression]
        return [node.this, *node.expressions]

    # -- the same part as a number, a text, a condition --

    def step(self, kind: Literal["number", "text"], column: str | None = None, sql: str | None = None) -> str:
        key = (kind, column, sql)
        if key not in self.steps:
            self.steps[key] = Step(f"v{len(self.steps)}", kind, column, sql)
        return self.steps[key].name

    def column(self, node: exp.Expr) -> str:
        """Name of a source column; dots reach into nested records, and need no quotes."""
        parts: list[Any] = node.parts  # type: ignore[attr-defined]  # columns and dots have them
        if any(part.key != "identifier" for part in parts):
            raise self.refusal("a column", node)
        name = ".".join(part.name for part in parts)
        self.columns.setdefault(name)
        return name

    def number(self, node: exp.Expr) -> str:
        kind, key = self.kind(node), node.key
        if key in ("column", "dot"):
            return self.step("number", self.column(node))
        if key == "null":
            return "NULL"
        if key == "paren":
            return f"({self.number(node.this)})"
        if key == "literal" and not node.is_string:
            return _double(float(node.name))
        if key == "literal" or kind == "condition":
            raise self.refusal("a number", node)
        if kind == "text":
            return self.step("number", sql=self.text_of(node))
        if key == "neg":
            return f"(-{self.number(node.this)})"
        if key in ARITHMETIC:
            return f"({self.number(node.this)} {ARITHMETIC[key]} {self.number(node.expression)})"
        if key in CHOICES:
            return self.choice(node, self.number)
        return self.call(node)

    def text_of(self, node: exp.Expr) -> str:
        kind, key = self.kind(node), node.key
        if key in ("column", "dot"):
            return self.step("text", self.column(node))
        if key == "null":
            return "NULL"
        if key == "paren":
            return f"({self.text_of(node.this)})"
        if key == "literal" and node.is_string:
            return _quoted(node.name)
        if kind in ("number", "condition"):
            raise self.refusal("a text (numbers beside texts stand in 'quotes')", node)
        if key == "dpipe":
            return f"({self.text_of(node.this)} || {self.text_of(node.expression)})"
        if key in CHOICES:
            return self.choice(node, self.text_of)
        return self.call(node)

    def choice(self, node: exp.Expr, write: Callable[[exp.Expr], str]) -> str:
        args = node.args
        if node.key == "nullif":
            return f"NULLIF({write(node.this)}, {write(node.expression)})"
        if node.key == "coalesce":
            return f"COALESCE({', '.join(write(one) for one in self.outcomes(node))})"
        cases = args["ifs"] if node.key == "case" else [node]
        default = args.get("default" if node.key == "case" else "false")
        subject = args.get("this") if node.key == "case" else None
        lines = []
        for one in cases:
            when = self.condition(one.this) if subject is None else self.compare("=", [subject, one.this], node, False)
            lines.append(f"WHEN {when} THEN {write(one.args['true'])}")
        end = f" ELSE {write(default)}" if default is not None else ""
        return f"(CASE {' '.join(lines)}{end} END)"

    def condition(self, node: exp.Expr) -> str:
        args = node.args
        match node.key:
            case "paren":
                return f"({self.condition(node.this)})"
            case "and" | "or":
                return f"({self.condition(node.this)} {node.key.upper()} {self.condition(node.expression)})"
            case "not":
                return f"(NOT {self.condition(node.this)})"
            case "boolean":
                return "TRUE" if node.this else "FALSE"
            case "is" if args["expression"].key == "null":
                return f"({self.either(node.this)} IS NULL)"
            case "between":
                parts = self.alike([node.this, args["low"], args["high"]], node, ordered=True)
                return f"({parts[0]} BETWEEN {parts[1]} AND {parts[2]})"
            case "in" if node.expressions:
                first, *rest = self.alike([node.this, *node.expressions], node, ordered=False)
                return f"({first} IN ({', '.join(rest)}))"
            case "like" | "ilike" if node.expression.is_string:
                return f"({self.text_of(node.this)} {node.key.upper()} {_quoted(node.expression.name)})"
        if node.key in COMPARISONS:
            sides = [node.this, node.expression]
            return self.compare(COMPARISONS[node.key], sides, node, node.key in ORDERINGS)
        raise self.refusal("a condition such as `kind = 'R'`", node)

    def compare(self, operator: str, sides: Sequence[exp.Expr], around: exp.Expr, ordered: bool) -> str:
        left, right = self.alike(sides, around, ordered)
        return f"({left} {operator} {right})"

    def alike(self, nodes: Sequence[exp.Expr], around: exp.Expr, ordered: bool) -> list[str]:
        """Parts as what they are compared as; two bare columns are numbers where one is to be the bigger."""
        kind = self.common(nodes, around)
        if kind == "condition":
            raise self.refusal("numbers or texts to compare", around)
        is_number = kind == "number" or (kind == "either" and ordered)
        return [self.number(node) if is_number else self.text_of(node) for node in nodes]

    def either(self, node: exp.Expr) -> str:
        return self.number(node) if self.kind(node) == "number" else self.text_of(node)

    # -- functions --

    def call(self, node: exp.Expr) -> str:
        this, number, text, whole = node.this, self.number, self.text_of, self.whole
        args = node.args
        match node.key:
            case "abs" | "ceil" | "floor" if _only(node, "this"):
                return f"{node.key.upper()}({number(this)})"
            case "round" if _only(node, "this", "decimals"):
                return f"ROUND({number(this)}, {whole(args['decimals']) if args.get('decimals') else 0})"
            case "length" if _only(node, "this"):
                return f"LENGTH({text(this)})"
            case "upper" | "lower" if _only(node, "this"):
                return f"{node.key.upper()}({text(this)})"
            case "trim" if _only(node, "this"):
                return f"TRIM({text(this)})"
            case "left" | "right":
                return f"{node.key.upper()}({text(this)}, {whole(node.expression)})"
            case "substring" if args.get("start"):
                length = f", {whole(args['length'])}" if args.get("length") else ""
                return f"SUBSTRING({text(this)}, {whole(args['start'])}{length})"
            case "replace" if args.get("replacement") is not None:
                return f"REPLACE({text(this)}, {text(node.expression)}, {text(args['replacement'])})"
            case "splitpart" if args.get("delimiter") is not None and args.get("part_index") is not None:
                return f"SPLIT_PART({text(this)}, {text(args['delimiter'])}, {whole(args['part_index'])})"
            case "concat":
                return f"CONCAT({', '.join(text(one) for one in node.expressions)})"
        raise self.refusal(ALLOWED, node)

    def whole(self, node: exp.Expr) -> int:
        if node.key == "literal" and node.name.isdigit() and not node.is_string and len(node.name) < 10:
            return int(node.name)
        raise self.refusal("a whole number", node)


def _only(node: exp.Expr, *names: str) -> bool:
    """Whether a call has no arguments besides these; flags that sqlglot sets itself do not count."""
    return all(name in names or value in (None, False, True, []) for name, value in node.args.items())


def _double(number: float) -> str:
    """A number as a 64-bit float of SQL; without an exponent Polars would take it for a decimal."""
    text = repr(number)
    return text if "e" in text else f"{text}e0"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
