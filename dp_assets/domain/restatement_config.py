"""What a producer's files replace besides the version before them under their own name, as `demand.yaml` says it.

Belongs here: the section `restatement` of a producer, and which producers' files can touch each other by it.
Does not belong here: finding and taking back what is replaced (`ingest/restatements.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, field_validator, model_validator

from dp_assets.domain.config_section import Section, Slug

if TYPE_CHECKING:
    from dp_assets.domain.producer_config import ProducerConfig

KeyColumn = Literal["transaction_id", "sku", "location", "sold_on"]
DEFAULT_KEY: tuple[KeyColumn, ...] = ("transaction_id", "sku")


class RestatementConfig(Section):
    by: Literal["file", "rows", "dates"] = "file"
    """`file`: nothing else. `rows`: lines of files that arrived earlier and have the same key. `dates`: whatever files
    that arrived earlier say about a range of business dates."""
    of: Slug | None = None
    """Producer whose files these files restate, too; left out, only their own producer's."""
    key: tuple[KeyColumn, ...] = Field(DEFAULT_KEY, min_length=1)
    """With `by: rows`: unified columns that together identify a line, among them `transaction_id`."""
    range: Literal["content", "name", "everything"] = "content"
    """With `by: dates`: the first to the last business date in the file, the dates in its path, or all there are."""
    pattern: str | None = None
    """With `range: name`: a regular expression found in the path below the landing root, with a group `first` and
    maybe a group `last`, each a day, a month or a year: `(?P<first>\\d{4}-\\d{2})`, `2017-03` or `201703`."""

    @field_validator("key")
    @classmethod
    def _key_names_a_transaction(cls, key: tuple[KeyColumn, ...]) -> tuple[KeyColumn, ...]:
        if "transaction_id" not in key or len(set(key)) != len(key):
            raise ValueError(f"expected transaction_id and maybe other columns, each once, got {list(key)}")
        return key

    @field_validator("pattern")
    @classmethod
    def _pattern_names_dates(cls, pattern: str | None) -> str | None:
        if pattern is None:
            return None
        try:
            groups = set(re.compile(pattern).groupindex)
        except re.error as error:
            raise ValueError(f"expected a regular expression, got {pattern!r}: {error}") from error
        if "first" not in groups or groups - {"first", "last"}:
            raise ValueError(f"expected a group named `first` and maybe one named `last`, got {sorted(groups)}")
        return pattern

    @model_validator(mode="after")
    def _keys_belong_together(self) -> Self:
        if self.of is not None and self.by == "file":
            raise ValueError("`of` needs `by: rows` or `by: dates`: say how files of another producer are restated")
        if self.key != DEFAULT_KEY and self.by != "rows":
            raise ValueError("`key` needs `by: rows`: it says which lines are the same")
        if self.range != "content" and self.by != "dates":
            raise ValueError("`range` needs `by: dates`: it says which dates a file replaces")
        if (self.range == "name") != (self.pattern is not None):
            raise ValueError("`range: name` and `pattern` need each other: the pattern finds the dates in the path")
        return self


def restated_groups(producers: Iterable[ProducerConfig]) -> dict[str, str]:
    """Producer → the producer that its group is named for, for all whose files restate others or are restated.

    A group is a producer and those that name it under `of`. Files of different groups never touch each other.
    """
    groups: dict[str, str] = {}
    for one in producers:
        if one.restatement.by != "file":
            base = one.restatement.of or one.name
            groups |= {one.name: base, base: base}
    return groups


Restates = Callable[[str, str], bool]
"""Whether files of the first producer replace what earlier files of the second one say."""


def nothing_restates(later: str, earlier: str) -> bool:
    """As where every producer keeps to `by: file`."""
    return False


def restates(producers: Iterable[ProducerConfig]) -> Restates:
    """Whether a file of the first producer replaces what an earlier file of the second one says.

    Corrections always do: of several of one attribute, the newest holds.
    """
    known = tuple(producers)
    groups = restated_groups(known)
    restating = {one.name for one in known if one.restatement.by != "file"}
    correcting = {one.name for one in known if one.feed == "attribute_corrections"}
    return lambda later, earlier: (
        {later, earlier} <= correcting or (later in restating and groups[later] == groups.get(earlier))
    )


def restatement_mistakes(producers: Iterable[ProducerConfig]) -> dict[int, str]:
    """Place of a producer → what is wrong with how it restates another one."""
    known = list(producers)
    by_name = {one.name: one for one in known}
    found: dict[int, str] = {}
    for place, one in enumerate(known):
        rule, base = one.restatement, by_name.get(one.restatement.of or "")
        if rule.of is None:
            continue
        if base is None or base is one or base.feed != "transactions":
            others = sorted(other.name for other in known if other.feed == "transactions" and other is not one)
            found[place] = f"expected `of` to name another producer of transactions, one of {others}, got {rule.of!r}"
        elif base.restatement.of is not None:
            found[place] = f"{rule.of} itself restates {base.restatement.of}; name that one"
        elif rule.by == "rows" and (base.restatement.by, base.restatement.key) != ("rows", rule.key):
            found[place] = (
                f"lines of {rule.of} must be identified in the same way; give it restatement: "
                f"{{by: rows, key: [{', '.join(rule.key)}]}}, too"
            )
    return found
