"""Forecasts of SKUs as JSON bytes, without an object per number.

Belongs here: the text of an answer. Does not belong here: what may be asked (`serving/api/questions.py`), HTTP.

An answer is text that stands still, with numbers and words between. What stands still is cut once per bundle and
question; the numbers of a series are picked by one index and written by one call. The bytes are those of orjson over
plain dicts of the schemas, which `tests/serving/plain.py` still makes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from hashlib import blake2b
from math import isnan
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import orjson

from serving.bundle import NUMBERS, PLANNER_WORDS, WORDS, Bundle
from serving.levels import quantile_weights, weights

FloatArray = npt.NDArray[np.float64]
Fresh = tuple[FloatArray, FloatArray]
"""Mean (M,) and quantiles (M, Q) of a series, computed now."""
MEAN, PUBLISHED, NAIVE = range(len(NUMBERS))
GAP = "\x00"
"""Stands in a plain answer where a number or words go."""
HOLE = b"\x00"
"""The same in text, which holds no such byte."""
CUT = orjson.dumps(GAP)
OVERRIDE = 3
"""Place among the holes of a lead of what planners did; all others are numbers but the last, what made it."""
UNTOUCHED = b'false,"override":null'
NO_TOTAL = b'],"total":null}'
KEPT = 64
"""Forms and templates kept per bundle."""


class Question(NamedTuple):
    """What is asked of a forecast.

    Attributes:
        leads: leads to answer, ascending.
        levels: interval levels in percent.
        quantiles: quantile levels.
    """

    leads: tuple[int, ...]
    levels: tuple[int, ...]
    quantiles: tuple[float, ...] = ()

    @property
    def horizon(self) -> int:
        """The last lead."""
        return self.leads[-1]

    @property
    def from_first(self) -> bool:
        """Whether no lead is left out before the last one, so that totals can be told."""
        return len(self.leads) == self.horizon

    @property
    def at(self) -> Any:
        """What picks the leads out of an axis of M."""
        return slice(0, self.horizon) if self.from_first else np.array(self.leads) - 1


class Form:
    """What stands still in the answers to one question, and where the rest of it comes from.

    Attributes:
        about: text behind the SKU, before its series.
        end: numbers of all leads; those of the total are behind.
        name: of the question, short.
    """

    def __init__(self, bundle: Bundle, question: Question) -> None:
        head = bundle.head
        self.question, self._at = question, question.at
        self._median, self._levels = bundle.median, len(head.quantile_levels)
        self._central = weights(question.levels, head.quantile_levels)
        self._asked = quantile_weights(question.quantiles, head.quantile_levels)
        about = {"cycle": head.cycle, "bucket_weeks": head.bucket_weeks, "horizon": question.horizon}
        self.about = b"," + orjson.dumps(about)[1:-1] + b',"series":['
        cut = [self._lead(lead, head.leads[lead - 1]) for lead in question.leads]
        self._pieces = [piece for pieces in cut for piece in pieces]
        self._stride = len(cut[0])
        self._holes = [place for place in range(1, self._stride - 1, 2) if place != 2 * OVERRIDE + 1]
        self.end = len(self._holes) * len(cut)
        self.name = blake2b(repr(tuple(question)).encode(), digest_size=8).hexdigest()
        self._total = orjson.dumps({"mean": GAP, "median": GAP, **self._ends()}).split(CUT)
        exact = self._central.all_published and self._asked.all_published
        shape = bundle.numbers.shape[1:]
        self._index = self._picked(np.arange(shape[0] * shape[1]).reshape(shape)) if exact else None

    def _ends(self) -> dict[str, list[dict[str, Any]]]:
        """Intervals and quantiles with holes."""
        question = self.question
        return {
            "intervals": [
                {"level": level, "lower": GAP, "upper": GAP, "basis": basis}
                for level, basis in zip(question.levels, self._central.basis, strict=True)
            ],
            "quantiles": [
                {"level": level, "value": GAP, "basis": basis}
                for level, basis in zip(question.quantiles, self._asked.basis, strict=True)
            ],
        }

    def _lead(self, lead: int, start: str) -> list[bytes]:
        """Text and holes of one lead in turn."""
        numbers = {"mean": GAP, "median": GAP, "published": GAP, "overridden": GAP, "naive": GAP}
        text = orjson.dumps({"lead": lead, "bucket_start": start, **numbers, **self._ends()})[:-1] + b","
        first = text if lead == self.question.leads[0] else b"," + text
        return [piece for part in first.split(CUT) for piece in (part, UNTOUCHED)]

    def _picked(self, numbers: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """What is answered out of a series' numbers (M, 4 + 2 Q): those of each lead, then those of the total."""
        first = len(NUMBERS)
        leads, total = numbers[self._at], numbers[self.question.horizon - 1, first + self._levels :]
        own = leads[:, first : first + self._levels]
        centre = (leads[:, MEAN], own[:, self._median], leads[:, PUBLISHED], leads[:, NAIVE])
        of_leads = np.concatenate([np.stack(centre, axis=1), self._spread(own)], axis=1)
        of_total = np.concatenate([total[:1], total[1 + self._median :][:1], self._spread(total[1:])])
        return np.concatenate([of_leads.reshape(-1), of_total])

    def _spread(self, own: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Lower and upper end of each interval, then the quantiles asked for, from quantiles (…, Q)."""
        ends = self._central.ends(own)
        in_turn = np.arange(ends.shape[-1]).reshape(2, -1).T.reshape(-1)
        return np.concatenate([ends[..., in_turn], self._asked.ends(own)], axis=-1)

    def texts(self, numbers: FloatArray) -> list[bytes]:
        """The text of every number that is answered: those of each lead, then those of the total."""
        picked = self._picked(numbers) if self._index is None else numbers.reshape(-1).take(self._index)
        return orjson.dumps(picked, option=orjson.OPT_SERIALIZE_NUMPY)[1:-1].split(b",")

    def has_total(self, texts: list[bytes]) -> bool:
        """Whether the texts of a series' numbers tell of a total, and the question lets it be told."""
        return texts[self.end] != b"null" and self.question.from_first

    def total(self, texts: list[bytes]) -> bytes:
        """The end of a series' answer where its total is told."""
        said = [piece for pair in zip(self._total, [*texts[self.end :], b"}"], strict=True) for piece in pair]
        return b"".join((b'],"total":', *said))

    def leads(self, texts: list[bytes], makers: list[bytes], overrides: list[bytes] | None) -> bytes:
        """The leads of a series, and what its total begins with.

        Args:
            texts: its numbers.
            makers: per lead, what made it.
            overrides: per lead, what planners did; None where they did nothing.
        """
        pieces, stride = self._pieces.copy(), self._stride
        for column, place in enumerate(self._holes):
            pieces[place::stride] = texts[column : self.end : len(self._holes)]
        pieces[stride - 1 :: stride] = makers
        if overrides is not None:
            pieces[2 * OVERRIDE + 1 :: stride] = overrides
        return b"".join(pieces)

    def template(self, maker: bytes, total: bool) -> bytes:
        """Leads and total of a series that one maker forecasts and nobody overrode; numbers go where %b stands."""
        many = len(self.question.leads)
        holes = [HOLE] * (self.end + 1)
        leads = self.leads(holes, [maker] * many, None)
        text = leads + (self.total([*holes, *[HOLE] * (len(self._total) - 2)]) if total else NO_TOTAL)
        return text.replace(b"%", b"%%").replace(HOLE, b"%b")


class Renderer:
    """Renders forecasts of one bundle; threads may share it."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        first = bundle.made_by[:, :1]
        self._maker = np.where((bundle.made_by == first).all(axis=1) & ~bundle.overridden, first[:, 0], -1).tolist()
        self._forms: dict[Question, Form] = {}
        self._makers: dict[int, bytes] = {}
        self._templates: dict[tuple[str, int, bool], bytes] = {}

    def form(self, question: Question) -> Form:
        """What stands still in the answers to a question."""
        found = self._forms.get(question)
        if found is None:
            _make_room(self._forms)
            found = self._forms[question] = Form(self.bundle, question)
        return found

    @cached_property
    def usual(self) -> Form:
        """The form of the question that says nothing: every lead, the intervals of the configuration."""
        head = self.bundle.head
        return self.form(Question(tuple(range(1, head.horizon + 1)), head.interval_levels))

    def sku(self, sku: str, rows: Sequence[int], form: Form, computed: Mapping[int, Fresh] | None = None) -> bytes:
        """The answer of `SkuForecast`.

        Args:
            sku: the SKU.
            rows: rows of its series.
            form: leads, interval levels and quantiles to answer.
            computed: row → mean (M,) and quantiles (M, Q) to use instead of the batch's.
        """
        fresh = computed or {}
        series = b",".join([self._series(form, row, fresh.get(row)) for row in rows])
        return b"".join((b'{"sku":', orjson.dumps(sku), form.about, series, b"]}"))

    def _series(self, form: Form, row: int, fresh: Fresh | None) -> bytes:
        """The answer of `SeriesForecast`."""
        bundle, maker = self.bundle, self._maker[row]
        numbers = bundle.numbers[row] if fresh is None else _replaced(bundle.numbers[row], fresh)
        texts = form.texts(numbers)
        total = fresh is None and form.has_total(texts)
        if maker >= 0:
            leads = self._template(form, maker, total) % tuple(texts if total else texts[: form.end])
        else:
            leads = self._mixed(form, row, texts, total)
        return b"".join(
            (
                b'{"series_id":',
                orjson.dumps(bundle.series_ids[row]),
                b',"key":',
                orjson.dumps(bundle.keys[row]),
                b',"computed":false,"leads":[' if fresh is None else b',"computed":true,"leads":[',
                leads,
            )
        )

    def _template(self, form: Form, maker: int, total: bool) -> bytes:
        key = (form.name, maker, total)
        found = self._templates.get(key)
        if found is None:
            _make_room(self._templates)
            found = self._templates[key] = form.template(self._words(maker), total)
        return found

    def _mixed(self, form: Form, row: int, texts: list[bytes], total: bool) -> bytes:
        """Leads and total of a series of which planners overrode something, or that several makers forecast."""
        bundle = self.bundle
        makers = [self._words(code) for code in bundle.made_by[row, form.question.at].tolist()]
        overrides = _overrides(bundle, row, form.question) if bundle.overridden[row] else None
        return form.leads(texts, makers, overrides) + (form.total(texts) if total else NO_TOTAL)

    def _words(self, code: int) -> bytes:
        """What made a forecast: the end of the text of a lead."""
        found = self._makers.get(code)
        if found is None:
            words = dict(zip(WORDS, self.bundle.makers[code], strict=True))
            found = self._makers[code] = orjson.dumps(words)[1:]
        return found


def _make_room(kept: dict[Any, Any]) -> None:
    if len(kept) >= KEPT:
        kept.clear()


def _replaced(numbers: FloatArray, fresh: Fresh) -> FloatArray:
    """Numbers of a series with another mean and other quantiles."""
    mean, quantiles = fresh
    found, first = numbers.copy(), len(NUMBERS)
    found[:, MEAN], found[:, first : first + quantiles.shape[1]] = mean, quantiles
    return found


def _overrides(bundle: Bundle, row: int, question: Question) -> list[bytes]:
    """Per lead, whether somebody overrode the number, who, why, and how much."""
    users, reasons = (bundle.words(name, row) for name in PLANNER_WORDS)
    own = bundle.override[row].tolist()
    return [_override(users[lead - 1], reasons[lead - 1], own[lead - 1]) for lead in question.leads]


def _override(user: str | None, reason: str | None, own: float) -> bytes:
    if user is None:
        return UNTOUCHED
    said = {"user": user, "reason_code": reason, "quantity": None if isnan(own) else own}
    return b'true,"override":' + orjson.dumps(said)
