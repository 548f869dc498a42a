"""Gates of data quality as `demand.yaml` describes them.

Belongs here: the sections under `quality`. Does not belong here: the measures (`quality.py`).
"""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from dp_assets.domain.config_section import MisplacedValueError, Section


class Gate(Section):
    """Thresholds of one measure of data quality; a measure above the threshold fails it."""

    warn: float | None = Field(None, ge=0)
    """Above this a warning shows on the asset check `quality_warnings`; never when left out."""
    block: float | None = Field(None, ge=0)
    """Above this the asset check `quality_gates` fails, and the file counts for nothing until somebody lets it in with
    `dp recall --undo`; never when left out."""

    @model_validator(mode="after")
    def _warns_before_it_blocks(self) -> Self:
        if self.warn is not None and self.block is not None and self.warn > self.block:
            message = f"expected warn at or below block, got warn {self.warn:g} and block {self.block:g}"
            raise MisplacedValueError(message, "warn")
        return self


class QualityGates(Section):
    """A gate per measure. Scores are robust: distance from the median of earlier files in standard deviations."""

    rows: Gate = Gate(warn=5)
    """Score of the accepted rows of a file against the producer's earlier files."""
    units: Gate = Gate(warn=5)
    """Score of the accepted units of a file against the producer's earlier files."""
    median_price: Gate = Gate(warn=5)
    """Score of the median unit price of a file against the producer's earlier files."""
    day_rows: Gate = Gate(warn=5)
    """Score of the rows of one day against the same weekday in this file and earlier ones."""
    day_units: Gate = Gate(warn=5)
    """Score of the units of one day against the same weekday in this file and earlier ones."""
    rejected_share: Gate = Gate(warn=0.1)
    """Rejected rows ÷ rows read."""
    missing_share: Gate = Gate(warn=0.5)
    """Rows without a value ÷ rows, for each mapped column."""
    new_sku_share: Gate = Gate(warn=0.2)
    """SKUs that the producer never sold before ÷ SKUs of the file; not judged in the producer's first file."""
    price_outlier_share: Gate = Gate(warn=0.01)
    """Rows whose unit price is not above zero or far from the SKU's median in the file ÷ rows with a price."""
    quantity_outlier_share: Gate = Gate(warn=0.01)
    """Rows whose quantity is far from the SKU's median in the file ÷ rows."""
    gap_days: Gate = Gate(warn=3)
    """Days without rows, on weekdays that usually have some, that the file opens or leaves open."""


class QualityConfig(Section):
    """When the measures of the table `data_quality` warn or block. By default nothing blocks."""

    history_files: int = Field(52, ge=1)
    """Earlier files of the producer, the newest ones, that a file is compared with."""
    minimum_history: int = Field(6, ge=2)
    """Earlier files (or days of the same weekday) without which a volume is not judged."""
    gates: QualityGates = QualityGates()
    """Thresholds for every producer."""
    producers: dict[str, QualityGates] = Field({})
    """Producer → gates that differ from `gates`; the measures that are not named stay."""

    def gate(self, producer: str, measure: str) -> Gate:
        """The thresholds of a measure for a producer."""
        own = self.producers.get(producer)
        chosen = own if own is not None and measure in own.model_fields_set else self.gates
        gate: Gate = getattr(chosen, measure)
        return gate
