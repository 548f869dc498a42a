"""The bare engines: the same files to the same outputs, by hand-written code that checks nothing.

Belongs here: DuckDB, Polars streaming and chunked pandas as peers of the ingestion benchmark; each writes the accepted
rows as Parquet, one file per source file, and the zero-filled weeks of every SKU. They know every column and format
beforehand, number no rows, keep no rejected rows and no trace. One more, Polars again, writes the product's tables
instead: numbered rows, and what each file adds to each SKU and week, a file per week, in order. What it costs beside
the others is what those tables cost, whoever writes them. Does not belong here: the product.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.ingest_files import FIRST, WEEKS

Spec = tuple[str, str, str, dict[str, str], str]
FORMATS: dict[str, dict[str, Any]] = {
    "north": {
        "delimiter": ";",
        "decimal": ",",
        "at": "%d/%m/%Y %H:%M:%S",
        "columns": {"moment": "Zeit", "sku": "Artikel", "units": "Menge", "amount": "Umsatz", "shop": "Ort"},
    },
    "online": {
        "delimiter": ",",
        "decimal": ".",
        "at": "%Y-%m-%dT%H:%M:%SZ",
        "columns": {"sku": "product", "units": "units", "amount": "amount", "shop": "hub", "moment": "at"},
    },
    "franchise": {
        "delimiter": "\t",
        "decimal": ".",
        "at": "%Y-%m-%d",
        "columns": {"shop": "Shop", "sku": "Item", "moment": "Day", "units": "Pieces", "amount": "Value"},
    },
}


def sources(landing: Path) -> list[tuple[str, Path]]:
    """Producer and path of every file, in order."""
    return [(path.parent.name, path) for path in sorted(landing.glob("*/*.csv"))]


def write_weeks(sums: pl.DataFrame, out: Path) -> None:
    """Zero-filled weeks of every SKU from (sku, week number, units), dense, as one Parquet file."""
    skus = sums["sku"].unique().sort()
    place = pl.DataFrame({"sku": skus, "place": np.arange(len(skus))})
    at = sums.join(place, on="sku", how="left", maintain_order="left")
    dense = np.zeros((len(skus), WEEKS), dtype=np.float32)
    np.add.at(dense, (at["place"].to_numpy(), at["week"].to_numpy()), at["units"].to_numpy())
    week = np.tile(np.arange(WEEKS, dtype=np.int16), len(skus))
    names = skus.gather(np.repeat(np.arange(len(skus)), WEEKS))
    pl.DataFrame({"sku": names, "week": week, "units": dense.ravel()}).write_parquet(out)


def duckdb_peer(landing: Path, out: Path) -> float:
    """DuckDB; the accepted units."""
    import duckdb

    database = duckdb.connect(config={"threads": 2})
    for producer, path in sources(landing):
        spec = FORMATS[producer]
        types = {"moment": "TIMESTAMP", "sku": "VARCHAR", "units": "BIGINT", "amount": "DOUBLE", "shop": "VARCHAR"}
        columns = "{" + ", ".join(f"'{source}': '{types[name]}'" for name, source in spec["columns"].items()) + "}"
        renamed = ", ".join(f'"{source}" as {name}' for name, source in spec["columns"].items())
        dates = f"timestampformat='{spec['at']}'"
        database.execute(
            f"copy (select sku, moment as sold_at, moment::date as sold_on, units::double as quantity, "
            f"amount as revenue, amount / units as unit_price, shop as location from "
            f"(select {renamed} from read_csv('{path}', "
            f"auto_detect=false, header=true, delim='{spec['delimiter']}', decimal_separator='{spec['decimal']}', "
            f"{dates}, columns={columns})) where sku is not null and units > 0 and moment >= date '{FIRST}') "
            f"to '{out / f'{producer}-{path.stem}.parquet'}' (format parquet, compression zstd)"
        )
    sums = database.sql(
        f"select sku, ((sold_on - date '{FIRST}') // 7)::int as week, sum(quantity) as units "
        f"from read_parquet('{out}/*.parquet') group by all"
    ).to_arrow_table()
    frame = pl.DataFrame(pl.from_arrow(sums))
    write_weeks(frame, out / "weeks.parquet")
    return float(frame["units"].sum())


WEEK = ((pl.col("sold_on") - FIRST).dt.total_days() // 7).cast(pl.Int16).alias("week")


def polars_rows(producer: str, path: Path) -> pl.LazyFrame:
    """The accepted rows of a file, with their numbers."""
    spec = FORMATS[producer]
    types = {"moment": pl.String, "sku": pl.String, "units": pl.Int64, "amount": pl.Float64, "shop": pl.String}
    schema = {source: types[name] for name, source in spec["columns"].items()}
    scan = pl.scan_csv(
        path,
        separator=spec["delimiter"],
        decimal_comma=spec["decimal"] == ",",
        schema=schema,
        row_index_name="row_number",
        row_index_offset=1,
    ).rename({source: name for name, source in spec["columns"].items()})
    moment = pl.col("moment").str.to_datetime(spec["at"].replace("Z", "%#z") if "Z" in spec["at"] else spec["at"])
    if producer == "franchise":
        moment = pl.col("moment").str.to_date(spec["at"]).cast(pl.Datetime("us"))
    if producer == "online":
        moment = moment.dt.replace_time_zone(None)
    return (
        scan.with_columns(sold_at=moment)
        .filter(pl.col("sku").is_not_null() & (pl.col("units") > 0) & (pl.col("sold_at") >= FIRST))
        .select(
            pl.col("row_number").cast(pl.Int64),
            "sku",
            "sold_at",
            pl.col("sold_at").dt.date().alias("sold_on"),
            pl.col("units").cast(pl.Float64).alias("quantity"),
            pl.col("amount").alias("revenue"),
            (pl.col("amount") / pl.col("units")).alias("unit_price"),
            pl.col("shop").alias("location"),
        )
    )


def polars_peer(landing: Path, out: Path) -> float:
    """Polars, streaming; the accepted units."""
    parts = []
    for producer, path in sources(landing):
        part = out / f"{producer}-{path.stem}.parquet"
        polars_rows(producer, path).drop("row_number").sink_parquet(part, compression="zstd")
        parts.append(part)
    sums = (
        pl.scan_parquet(parts)
        .group_by("sku", WEEK)
        .agg(pl.col("quantity").sum().alias("units"))
        .collect(engine="streaming")
    )
    write_weeks(sums, out / "weeks.parquet")
    return float(sums["units"].sum())


def polars_same_tables(landing: Path, out: Path) -> float:
    """Polars, streaming, to the tables that the product keeps; the accepted units."""
    moment = pl.lit(FIRST).cast(pl.Datetime("us", "UTC")).alias("known_from")
    sums = []
    for producer, path in sources(landing):
        version = f"{producer}-{sha256(path.name.encode()).hexdigest()[:16]}"
        part = out / f"{version}.parquet"
        named = (pl.lit(version).alias("file_version_id"), pl.lit(producer).alias("producer"), moment)
        polars_rows(producer, path).select(*named, pl.all()).sink_parquet(part, compression="zstd", compression_level=1)
        each = pl.col("file_version_id").first(), pl.col("quantity", "revenue").sum(), pl.len().alias("transactions")
        found = pl.scan_parquet(part).group_by("sku", WEEK).agg(*each).collect(engine="streaming")
        sums.append(found.sort("week", "sku"))
    weeks = pl.Series(range(WEEKS + 1), dtype=pl.Int16)
    places = [one["week"].search_sorted(weeks).to_list() for one in sums]
    skus = pl.concat([one["sku"] for one in sums]).unique().sort()
    place = pl.DataFrame({"sku": skus, "place": np.arange(len(skus))})
    quantity, revenue = (np.zeros((len(skus), WEEKS), np.float32) for _ in range(2))
    for week in range(WEEKS):
        mine = [one[at[week] : at[week + 1]] for one, at in zip(sums, places, strict=True)]
        bucket = pl.concat(mine).sort("sku", "file_version_id")
        added = (pl.lit("landed").alias("event"), moment, pl.lit(0.0).alias("promoted_quantity"))
        table = bucket.with_columns(pl.col("sku").alias("series_id"), *added, pl.lit(FIRST).alias("bucket_start"))
        table.write_parquet(out / f"bucket-{week}.parquet", compression="zstd", compression_level=1)
        at = bucket.select("sku").join(place, on="sku", how="left", maintain_order="left")["place"].to_numpy()
        np.add.at(quantity[:, week], at, bucket["quantity"].to_numpy())
        np.add.at(revenue[:, week], at, bucket["revenue"].to_numpy())
    np.save(out / "quantity.npy", quantity)
    np.save(out / "revenue.npy", revenue)
    return float(quantity.sum(dtype=np.float64))


def pandas_peer(landing: Path, out: Path, chunk: int = 500_000) -> float:
    """pandas in chunks, as many a team does it; the accepted units."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    sums: list[Any] = []
    for producer, path in sources(landing):
        spec, writer = FORMATS[producer], None
        names = {source: name for name, source in spec["columns"].items()}
        for part in pd.read_csv(path, sep=spec["delimiter"], decimal=spec["decimal"], chunksize=chunk):
            part = part.rename(columns=names)
            part["sold_at"] = pd.to_datetime(part["moment"], format=spec["at"])
            part = part[part["sku"].notna() & (part["units"] > 0) & (part["sold_at"] >= pd.Timestamp(FIRST))]
            part["sold_on"], part["unit_price"] = part["sold_at"].dt.date, part["amount"] / part["units"]
            table = pa.Table.from_pandas(part.drop(columns="moment"), preserve_index=False)
            writer = writer or pq.ParquetWriter(
                out / f"{producer}-{path.stem}.parquet", table.schema, compression="zstd"
            )
            writer.write_table(table)
            part["week"] = (part["sold_at"].dt.normalize() - pd.Timestamp(FIRST)).dt.days // 7
            sums.append(part.groupby(["sku", "week"])["units"].sum())
        if writer is not None:
            writer.close()
    total = pd.concat(sums).groupby(level=[0, 1]).sum().reset_index()
    write_weeks(pl.from_pandas(total), out / "weeks.parquet")
    return float(total["units"].sum())


SAME_TABLES = "polars, same tables"
PEERS = {"duckdb": duckdb_peer, "polars": polars_peer, SAME_TABLES: polars_same_tables, "pandas": pandas_peer}
