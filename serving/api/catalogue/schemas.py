"""What `/v1/forecast/catalogue` answers. Belongs here: parameters, formats, the columns and their meaning."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from serving.api.filters import FilterQuery
from serving.api.schemas import ForecastQuestion

Format = Literal["ndjson", "csv", "parquet", "arrow"]
MEDIA_TYPES: dict[Format, str] = {
    "ndjson": "application/x-ndjson",
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
}


class CatalogueQuery(FilterQuery, ForecastQuestion):
    """What is exported, and how."""

    format: Format | None = Field(
        None,
        examples=["parquet"],
        description="Format; when left out the one that `Accept` prefers, and NDJSON where it accepts anything.",
    )


class CatalogueRow(BaseModel):
    """One row of the catalogue: a series × lead. Beside these columns there are one per key column (text, such as
    `sku`), `lower_80` and `upper_80` per interval level, and `q0.9` per quantile level asked for (numbers)."""

    model_config = ConfigDict(extra="allow")

    series_id: str = Field(examples=["1029743"], description="The key columns joined by `|`.")
    lead: int = Field(ge=1, examples=[1], description="Buckets ahead; 1 is the first bucket of the cycle.")
    bucket_start: date = Field(examples=["2017-12-04"], description="First day of the bucket.")
    mean: float = Field(ge=0, examples=[7.1], description="Mean, units per bucket; it adds up.")
    median: float = Field(ge=0, examples=[6.0], description="Median, units per bucket.")
    published: float = Field(ge=0, examples=[7.3], description="The number of record, units per bucket.")
    naive: float = Field(ge=0, examples=[5.9], description="Mean of the last 8 buckets, units per bucket.")
    overridden: bool = Field(examples=[False], description="Whether a planner's number made `published` what it is.")
    user: str | None = Field(None, examples=["ann"], description="Who overrode it; empty where nobody did.")
    reason_code: str | None = Field(None, examples=["launch"], description="Why; empty where nobody did.")
    method: str = Field(examples=["blend"], description="What made the forecast.")
    model_version: str = Field(examples=["2017-10-02+3f1c9ab01d2e"], description="Cycle of the model, hash of weights.")
    receipt: str = Field(examples=["9c1f"], description="Hash over all that made the forecast.")


EXAMPLE = (
    '{"series_id":"1029743","sku":"1029743","lead":1,"bucket_start":"2017-12-04","mean":7.1,"median":6.0,"published":7.3,'
    '"naive":5.9,"overridden":false,"user":null,"reason_code":null,"method":"blend",'
    '"model_version":"2017-10-02+3f1c9ab01d2e","receipt":"9c1f","lower_80":3.0,"upper_80":11.5}\n'
)
CSV_EXAMPLE = (
    '"series_id","sku","lead","bucket_start","mean","median","published","naive","overridden","user","reason_code",'
    '"method","model_version","receipt","lower_80","upper_80"\n"1029743","1029743",1,2017-12-04,7.1,6,7.3,5.9,false,,,'
    '"blend","2017-10-02+3f1c9ab01d2e","9c1f",3,11.5\n'
)
