"""What a scenario is: a named set of changes over a base cycle, as a planner writes it down.

Belongs here: the changes, their fields and what can be judged from the file alone. Does not belong here: what they do
to forecasts (`scenarios.py`), where definitions are kept (`dp_resources/planning_db.py`).

    >>> parse_scenario("changes: [{kind: growth, node: total, first: 2017-12-11, last: 2017-12-17, percent: lots}]")
    Traceback (most recent call last):
    ...
    dp_assets.domain.errors.ConfigError: scenario.yaml:1: changes[0].percent: expected a number, got 'lots'
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, ValidationError, model_validator

from dp_assets.domain.config_errors import did_you_mean, findings
from dp_assets.domain.config_file import read_yaml
from dp_assets.domain.config_section import MisplacedValueError, Section, Slug
from dp_assets.domain.errors import DemandPlannerError
from dp_assets.domain.windows import LARGEST_INPUT

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
OF_USER = "."
"""Stands between a user and a name that is theirs alone, and in no other name."""
USER = re.compile(r"[a-z0-9]+(?:[._@-][a-z0-9]+)*")
BASE = "base"
"""What the published numbers are called beside scenarios, so no scenario may have that name."""
Value = Annotated[float, Field(allow_inf_nan=False, ge=-LARGEST_INPUT, le=LARGEST_INPUT)]


def _check_key(value: str) -> str:
    """`|` joins key columns in the name of a series."""
    if not value or "|" in value:
        raise ValueError(f"expected some text without '|', got {value!r}")
    return value


KeyValue = Annotated[str, AfterValidator(_check_key)]
Percent = Annotated[float, Field(allow_inf_nan=False, ge=-100, le=10_000)]


class ScenarioRefusedError(DemandPlannerError):
    """A scenario cannot be computed as it is written; the message says what was expected, and what would do."""


class Place(Section):
    node: str
    """Path of a node such as `GROCERY/SOUP`, `total`, a series or a SKU: everything below it is changed."""
    hierarchy: str | None = None
    """Hierarchy of the node; the first one when left out."""


class Period(Section):
    first: date
    """First day. Not before the cutoff: the past is not changed."""
    last: date
    """Last day. A bucket that lies in the period in part is changed in part."""

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.last < self.first:
            raise MisplacedValueError(
                f"expected a last day not before the first, {self.first}, got {self.last}", "last"
            )
        return self


class PriceChange(Place, Period):
    """Another price than the last known one; demand follows by the elasticity of each series."""

    kind: Literal["price"]
    percent: Annotated[float, Field(allow_inf_nan=False, gt=-100, le=1000)]
    """Change of the price, e.g. -10."""
    elasticity: Annotated[float, Field(allow_inf_nan=False, ge=-20, le=20)] | None = None
    """Your own elasticity, e.g. -1.8, taken as certain; that of the table `price_elasticity` when left out."""


class GrowthChange(Place, Period):
    """Demand that nothing else in the plan explains."""

    kind: Literal["growth"]
    percent: Percent
    """Change of the forecast and its interval, e.g. 20."""


class PromotionAdded(Place, Period):
    """A promotion that is not in the calendar; the model says what it does."""

    kind: Literal["add_promotion"]
    promotion: str
    """Kind of promotion as the calendar calls it, e.g. `display`. One that the model has seen before."""
    share: float = Field(1.0, gt=0, le=1)
    """Share of stores."""
    discount: float | None = Field(None, ge=0, le=1)
    """Price reduction as a share, where the calendar has discounts."""


class PromotionMoved(Place, Period):
    """Promotions of the calendar that begin in the period, on other days."""

    kind: Literal["move_promotion"]
    promotion: str | None = None
    """Kind of promotion; all kinds when left out."""
    days: int = Field(ge=-3650, le=3650)
    """Days they are moved by, e.g. 7, or -7 for a week earlier."""


class PromotionRemoved(Place, Period):
    """Promotions of the calendar without their days in the period."""

    kind: Literal["remove_promotion"]
    promotion: str | None = None
    """Kind of promotion; all kinds when left out."""


class RegressorChange(Period):
    """Another future of an outside quantity; the model says what it does."""

    kind: Literal["regressor"]
    name: Slug
    """Regressor as `demand.yaml` calls it."""
    node: str = "total"
    """Where it changes: path of a node, a series or a SKU."""
    hierarchy: str | None = None
    """Hierarchy of the node; the first one when left out."""
    value: Value | None = None
    """Its value in each bucket; or `percent`."""
    percent: Annotated[float, Field(allow_inf_nan=False, ge=-10_000, le=10_000)] | None = None
    """Change of the planned value; or `value`."""

    @model_validator(mode="after")
    def _value_or_percent(self) -> Self:
        if (self.value is None) == (self.percent is None):
            raise MisplacedValueError("expected either a value or a percent, got both or neither", "value")
        return self


class Launch(Section):
    """A new store or product like an existing one."""

    kind: Literal["launch"]
    new: dict[str, KeyValue] = Field(min_length=1)
    """Key columns of what is new, e.g. `{location: s9}` or `{sku: "4711"}`."""
    like: dict[str, str] = Field(min_length=1)
    """The existing one: every series with these key columns is copied under the new ones."""
    multiplier: float = Field(1.0, gt=0, le=1000, allow_inf_nan=False)
    """Its size beside that one."""
    first: date | None = None
    """First day of sale; the cutoff when left out."""

    @model_validator(mode="after")
    def _same_columns(self) -> Self:
        if set(self.new) != set(self.like):
            raise MisplacedValueError(
                f"expected the key columns of `new`, {sorted(self.new)}, got {sorted(self.like)}", "like"
            )
        if self.new == self.like:
            raise MisplacedValueError("expected something new, got what it is like", "new")
        return self


Change = Annotated[
    PriceChange | GrowthChange | PromotionAdded | PromotionMoved | PromotionRemoved | RegressorChange | Launch,
    Field(discriminator="kind"),
]


class ScenarioDefinition(Section):
    """A scenario file."""

    description: str = Field("", max_length=1000)
    """What it is about, in your words."""
    cycle: date | None = None
    """Cycle that it is computed over; the newest one when it is made, if left out."""
    changes: tuple[Change, ...]
    """What is different; without changes it is the base."""


@dataclass(frozen=True)
class KeptScenario:
    """A scenario as it is kept.

    Attributes:
        name: what it is called.
        cycle: the cycle that it is computed over.
        definition: what a planner wrote.
        user: who made it.
        sequence: place in the audit ledger, which changes with the definition.
    """

    name: str
    cycle: date
    definition: ScenarioDefinition
    user: str
    sequence: int


def unknown_name(name: str, known: Iterable[str]) -> ScenarioRefusedError:
    """What to raise where no scenario is called so."""
    hint = did_you_mean(name, known) or "; there is none yet, `dp scenario create --help` shows how to make one"
    return ScenarioRefusedError(f"there is no scenario {name!r}{hint}")


def parse_scenario(text: str, name: str = "scenario.yaml") -> ScenarioDefinition:
    """The scenario in a YAML text.

    Args:
        text: YAML.
        name: file name for messages.

    Raises:
        ConfigError: one line per finding, with file, line, key, what was expected and what came.
    """
    document = read_yaml(text, name, "changes: …")
    found = list(document.duplicates)
    try:
        definition = ScenarioDefinition.model_validate(document.data)
    except ValidationError as error:
        raise document.error(found + findings(error, document.data, ScenarioDefinition)) from None
    if found:
        raise document.error(found)
    return definition


def own_name(user: str, name: str) -> str:
    """How a scenario is called that somebody keeps who must not see those of others: no other user makes such a name.

    >>> own_name("ada", "spring-sale")
    'ada.spring-sale'
    >>> own_name("oidc:Ada Lovelace", "spring-sale")
    'oidc-ada-lovelace-26774a30.spring-sale'
    """
    return f"{_folder_of(user)}{OF_USER}{name}"


def _folder_of(user: str) -> str:
    """A user's name where it can stand in one of a partition, else something like it with a hash of it."""
    if USER.fullmatch(user):
        return user
    plain = re.sub(r"[^a-z0-9]+", "-", user.lower()).strip("-")[:48]
    return f"{plain}-{blake2b(user.encode(), digest_size=4).hexdigest()}"


def check_name(name: str, user: str | None = None) -> str:
    """The name, if a scenario may be called so.

    Args:
        name: the name.
        user: whose `own_name` it may be as well.

    Raises:
        ScenarioRefusedError: it may not.
    """
    whose, dot, rest = name.rpartition(OF_USER)
    if dot and user is not None and whose == _folder_of(user):
        check_name(rest)
        return name
    if not NAME.fullmatch(name) or name == BASE:
        raise ScenarioRefusedError(
            f"expected a name of lower-case letters, digits, - and _, not {BASE!r}, and of at most 63 characters, "
            f"got {name!r}"
        )
    return name
