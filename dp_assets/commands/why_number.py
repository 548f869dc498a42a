"""`dp why number`: a published number followed back to the rows of producers' files.

Belongs here: arguments and printing. Does not belong here: following it (`tracing.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from dp_assets.commands.terminal import console, open_project, show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dp_assets.domain.trace import Made, Source
    from dp_assets.project import Project

SHOWN = 12
"""Characters shown of a hash."""


def why_number(
    series: Annotated[str, typer.Argument(help="The series, e.g. a SKU.")],
    bucket: Annotated[str, typer.Argument(help="First day of the forecast bucket, YYYY-MM-DD.")],
    cycle: Annotated[str, typer.Option(help="The cycle; the newest that forecast the bucket when left out.")] = "",
    buckets: Annotated[int, typer.Option(min=1, help="Buckets of history.")] = 4,
    history: Annotated[str, typer.Option(help="Bucket of history whose file rows are shown; the newest.")] = "",
    rows: Annotated[int, typer.Option(min=1, help="File rows shown.")] = 10,
) -> None:
    """Show where a published number comes from: planners, reconciliation, model, features, buckets, rows of files.

    Every line names its table and the hash of its content. Example: dp why number 1029743 2017-12-11
    """
    from datetime import date

    from dp_assets.history_links import Question
    from dp_assets.sources import LakeReader
    from dp_assets.tracing import NoNumberError, number_trace

    project = open_project()
    try:
        asked = Question(
            series,
            date.fromisoformat(bucket),
            cycle or _newest(project, bucket),
            buckets,
            date.fromisoformat(history) if history else None,
        )
        found = number_trace(LakeReader(project.lake()), asked)
    except (NoNumberError, ValueError) as error:
        raise typer.BadParameter(str(error)) from None
    _print_number(found)
    _print_planners(project, found)
    _print_forecast(found)
    _print_history(found, rows)


def _newest(project: Project, bucket: str) -> str:
    cycles = [one for one in project.lake().partitions("published_forecasts") if one <= bucket]
    if not cycles:
        raise typer.BadParameter(f"no cycle has forecast the bucket of {bucket}")
    return max(cycles)


def _line(what: str, said: str, source: Source | None = None) -> None:
    where = ""
    if source is not None:
        where = f"  [dim]{source.table}[{source.partition}] {source.sha256[:SHOWN]}{_by(source.made)}[/]"
    console.print(f"[bold]{what:<15}[/]{escape(said)}{where}", highlight=False)


def _by(made: Made | None) -> str:
    if made is None:
        return ""
    who = f" {made.by}" if made.by else ""
    return f", run {made.run_id[:8]} ({made.trigger}{escape(who)}, {made.at}, code {made.code[:SHOWN]})"


def _print_number(found: dict[str, Any]) -> None:
    published, reconciled = found["published"], found["reconciliation"]
    title = f"{found['series_id']}, bucket of {found['bucket_start']}, lead {found['lead']} of cycle {found['cycle']}"
    console.print(f"[bold]{escape(title)}[/]", highlight=False)
    _line("published", f"{published['final']:.3f} units", published["source"])
    if reconciled is not None:
        said = f"{reconciled['base_forecast']:.3f} → {reconciled['forecast']:.3f} units"
        _line("reconciliation", said + (", locked" if reconciled["locked"] else ""), reconciled["source"])
        for node in reconciled["nodes"]:
            lock = ", locked" if node["locked"] else ""
            place = f"{node['hierarchy']}: {node['node']}"
            _line("", f"{place} {node['base_forecast']:,.1f} → {node['forecast']:,.1f}{lock}")


def _print_planners(project: Project, found: dict[str, Any]) -> None:
    from dp_assets.domain.errors import StorageError
    from dp_resources.planning_trail import trail_of

    chosen, user = found["override"], found["published"]["user"]
    if chosen is None:
        by = "none" if user is None else f"one of {user}"
        noted = "" if user is None else ", which was not noted then"
        _line("planners", f"{len(found['planner_inputs'])} number(s) speak of it; {by} made it what it is{noted}")
        return
    said = f"{chosen['user']} set {chosen['quantity']:g} for {chosen['node']} ({chosen['reason_code']})"
    _line("planner", said + (", locked" if chosen["locked"] else ""), chosen["source"])
    try:
        trail = trail_of(project.planning(), chosen["ledger_sequence"])
    except StorageError as error:
        _line("", f"the audit ledger cannot be asked: {error}")
        return
    if trail is not None:
        words = f"row {trail.sequence} of the ledger, {trail.set_at}: {trail.comment or 'no comment'}"
        _line("", words + (f"; approved by {trail.approved_by}, {trail.approved_at}" if trail.approved_by else ""))


def _print_forecast(found: dict[str, Any]) -> None:
    forecast, receipt, model, features = (found[name] for name in ("forecast", "receipt", "model", "features"))
    if forecast is not None:
        said = f"{forecast['forecast']:.3f} units by {forecast['method']}, {forecast['model_version']}"
        _line("forecast", said, forecast["source"])
    if receipt is not None:
        _line("receipt", f"{receipt['id'][:SHOWN]}, code {receipt['code'][:SHOWN]}, {receipt['libraries']}")
        _line("", f"configuration {receipt['configuration'][:SHOWN]}; {receipt['verify']} computes it again")
    if model is not None:
        window = model["window"]
        trained = f", trained on {window['first']} to {window['last']}" if window else ""
        _line("model", f"of {model['cycle']}, trial {model['trial']}, seed {model['seed']}{trained}", model["source"])
    if features is not None:
        past = [one for one in features["channels"] if one["kind"] == "past"]
        said = ", ".join(f"{one['name']} {one['value']:g}" for one in past[:5])
        _line("features", f"{features['history_buckets']} buckets; {said}, …", features["source"])


def _print_history(found: dict[str, Any], shown: int) -> None:
    import polars as pl

    uris = {one["file_version_id"]: one["uri"] for one in found["files"]}
    rows = [
        {
            "bucket": bucket["bucket_start"],
            "units": one["quantity"],
            "event": one["event"],
            "known from": one["known_from"].isoformat(timespec="minutes"),
            "counted": counted,
            "file": uris.get(one["file_version_id"], one["file_version_id"]),
        }
        for bucket in found["history"]
        for one, counted in (*_said(bucket["known"], "yes"), *_said(bucket["unknown"], "no: known later"))
    ]
    if rows:
        show(pl.DataFrame(rows), "History: what each file version adds")
    for bucket in found["history"]:
        if not bucket["agrees"] and bucket["seen"] is not None:
            _line(
                "differs", f"{bucket['bucket_start']}: the panel holds {bucket['seen']:g}, buckets {bucket['units']:g}"
            )
        for version in bucket["recalled"]:
            _line("recalled", f"{bucket['bucket_start']}: {uris[version]} counts for nothing any more")
    if found["files"]:
        files = [
            {
                **{name: one[name] for name in ("file_version_id", "uri")},
                "arrived at": one["arrived_at"].isoformat(timespec="minutes"),
                "sha256": one["content_sha256"][:SHOWN],
                "bytes are at": one["archive"]["location"] if one["archived"] else "nowhere: the archive is away",
            }
            for one in found["files"]
        ]
        show(pl.DataFrame(files), "Files, and where their bytes are kept")
    if found["rows"] is not None:
        listed = found["rows"]["rows"]
        columns = ("file_version_id", "row_number", "sold_at", "quantity", "revenue", "counts")
        table = listed.head(shown).select(one for one in columns if one in listed.columns)
        show(table, f"Rows of files, {found['rows']['bucket_start']}: {min(shown, len(listed))} of {len(listed)}")


def _said(contributions: Sequence[dict[str, Any]], counted: str) -> list[tuple[dict[str, Any], str]]:
    return [(one, counted) for one in contributions]
