"""residuals[cycle]: what the cycle's models got wrong on buckets they had not seen, and what is made of that.

Belongs here: which artefacts are read and written, what the web UI shows. The rest is `domain/residuals.py`,
`domain/leaderboard.py` and `domain/error_distributions.py`.
"""

from collections.abc import Mapping
from typing import Any

import dagster as dg
import polars as pl

from dp_assets.champions import CHALLENGE, champion_before, model_version, open_encoders, open_panel
from dp_assets.domain.accuracy import past_scales
from dp_assets.domain.champion import FIRST, LOST, champion_verdict, verdict_over_all, verdict_words
from dp_assets.domain.contracts import CHAMPION_VERDICT, ERROR_DISTRIBUTIONS, LEADERBOARD, TOTAL_ERROR_DISTRIBUTIONS
from dp_assets.domain.contracts import residuals as residuals_table
from dp_assets.domain.error_distributions import error_distributions
from dp_assets.domain.inference import network_rows
from dp_assets.domain.intervals import ErrorDistributions
from dp_assets.domain.panel import Panel
from dp_assets.domain.totals import total_residuals
from dp_assets.pictures.models import leaderboard_markdown, residual_picture
from dp_assets.pictures.previews import preview, table_schema
from dp_assets.pods import GPU_TAGS, IN_RUN_TAGS
from dp_assets.project import Project
from dp_assets.runs import each_partition
from dp_resources.lake import Lake


def build(project: Project) -> dg.Definitions:
    """The asset `residuals`."""

    @dg.asset(
        partitions_def=project.cycles,
        deps=["features", "encoders", "tuned_model", "boosted_model"],
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="training",
        kinds={"pytorch", "lightgbm", "polars"},
        owners=["team:demand-planning"],
        op_tags=GPU_TAGS,
    )
    def residuals(context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]) -> dg.MaterializeResult[None]:
        """Residuals per series and lead of rolling-origin refits, at every origin after each one's training end.

        Beside them leaderboard: every method's errors by demand class, how much each counts for, and why; and
        error_distributions: mean, std, quantiles and a normality check per series and lead, and pools of like
        forecasts; total_error_distributions is the same of totals over the first leads; and champion_verdict: whether
        the model beats the champion on the cycles that it forecast, without which it does not replace it.
        """
        return each_partition(context, lambda cycle: _judge(lake, project, cycle, context.log))

    return dg.Definitions(assets=[residuals], asset_checks=[challenger_won()])


def challenger_won() -> dg.AssetChecksDefinition:
    """Warns where the newest retrained model lost, so that the champion stays."""

    @dg.asset_check(
        op_tags=IN_RUN_TAGS,
        asset="residuals",
        description=(
            "The newest retrained model forecasts the champion's cycles better than the champion did; where not, "
            "the champion stays (`drift.challenger`)."
        ),
    )
    def challenger_won(lake: dg.ResourceParam[Lake]) -> dg.AssetCheckResult:
        _, record = max(lake.committed(CHALLENGE).items(), default=("", {"verdict": FIRST, "reason": "no model yet"}))
        lost = record["verdict"] == LOST
        return dg.AssetCheckResult(
            passed=not lost,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={
                "newest": str(record["reason"]),
                "next": "see docs/runbooks/drift.md" if lost else "nothing to do",
            },
        )

    return challenger_won


def judge_challenge(
    lake: Lake, project: Project, cycle: str, residuals: pl.DataFrame, panel: Panel
) -> Mapping[str, Any]:
    """Compares a model with the champion it would replace, and commits whether it may; what the web UI shows of it."""
    config, before = project.config, champion_before(lake, cycle)
    table = CHAMPION_VERDICT.empty()
    record = {"cycle": cycle, "accepted": True, "verdict": FIRST, "against": None, "reason": "the first model"}
    if before is not None:
        version = model_version(lake, before)
        since = [key for key in lake.partitions("forecasts") if before <= key < cycle]
        columns = ("series_id", "lead", "forecast", "model_version")
        own = pl.col("model_version").str.starts_with(f"{before}+")  # also as it was before it was trained again
        made = {key: lake.read("forecasts", columns, cycle=key).filter(own) for key in since}
        table = champion_verdict(residuals, made, past_scales(panel, config), config)
        verdict = verdict_over_all(table)
        accepted = verdict != LOST or config.drift.challenger == "always"
        reason = verdict_words(table, version, config)
        record |= {"accepted": accepted, "verdict": verdict, "against": version, "reason": reason}
    lake.write("champion_verdict", table, cycle=cycle)
    lake.commit(CHALLENGE, cycle, record)
    shown = preview(table.with_columns(pl.col(pl.Float64).round(4)), rows=50)
    return {"challenge": str(record["reason"]), "takes_over": bool(record["accepted"]), "champion_verdict": shown}


def _judge(lake: Lake, project: Project, cycle: str, log: dg.DagsterLogManager) -> Mapping[str, Any]:
    import torch

    from dp_assets.domain.boosting import absence
    from dp_assets.domain.model_folder import load_card, load_network
    from dp_assets.domain.residuals import backtest
    from dp_assets.domain.training import WindowSource, choose_device

    torch.set_num_threads(project.settings.threads)
    folder = lake.open_folder("tuned_model", cycle=cycle)
    panel, encoders, device = open_panel(lake, cycle), open_encoders(lake, cycle), choose_device()
    source = WindowSource.of(panel, encoders, device)
    card, champion = load_card(folder), load_network(folder).to(device)
    absent = absence(lake.open_folder("boosted_model", cycle=cycle))
    judged = backtest(
        source,
        encoders,
        card.spec,
        card.hyper,
        project.config,
        network_rows(panel),
        card.epochs,
        champion,
        absent,
        project.settings.boosting_threads,
        log.info,
    )
    found, made = judged.residuals, error_distributions(judged.residuals, project.config)
    lake.write("residuals", found, cycle=cycle)
    lake.write("leaderboard", judged.leaderboard, cycle=cycle)
    totals = total_residuals(found, project.config)
    of_totals = error_distributions(totals, project.config, TOTAL_ERROR_DISTRIBUTIONS)
    lake.write("total_error_distributions", of_totals, cycle=cycle)
    challenge = judge_challenge(lake, project, cycle, found, panel)  # before the model counts as one
    lake.write("error_distributions", made, cycle=cycle)
    # Which models they are of: one trained again counts once its residuals are its own.
    made_of = {
        name: lake.manifest(asset, cycle=cycle)["sha256"]
        for name, asset in (("model", "tuned_model"), ("boosting", "boosted_model"))
    }
    lake.commit("residuals", cycle, {"cycle": cycle, **made_of})
    errors, actual = found["residual"].to_numpy(), found["actual"].to_numpy()
    return {
        "dagster/row_count": len(found),
        "out_of_sample": bool(found["out_of_sample"].all()),
        "origins": found["cutoff"].n_unique(),
        "bias": round(float(-errors.sum() / max(actual.sum(), 1e-9)), 4),
        "pools": int(made["pooled"].to_numpy().sum()),
        "normal_rows": int(made["normal"].to_numpy().sum()),
        **challenge,
        "leaderboard": leaderboard_markdown(judged.leaderboard),
        "leaderboard_schema": table_schema(LEADERBOARD),
        "dagster/column_schema": table_schema(residuals_table(project.config)),
        "error_distributions_schema": table_schema(ERROR_DISTRIBUTIONS),
        "preview": preview(found),
        "residual_quantiles": residual_picture(ErrorDistributions.of(made, project.config.quantile_levels)),
    }
