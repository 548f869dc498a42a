"""Ensembles of decision trees as one ONNX model: several of LightGBM's models in, one pass over all of them out.

Belongs here: the file, and running it. Does not belong here: what the trees learn from and forecast (`boosting.py`).

One model of all trees is asked once, where LightGBM is asked once per model, and needs no LightGBM to run. Values are
float32 and so are thresholds, each rounded down: a float32 value is at most a number exactly where it is at most the
largest float32 below that number, so every row reaches the leaf that LightGBM sends it to. Sums of leaves are float32.

Source: the operator TreeEnsembleRegressor of ONNX-ML, version 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dp_assets.domain.errors import ArtefactError

if TYPE_CHECKING:
    from lightgbm import Booster

OPSET = {"": 17, "ai.onnx.ml": 3}
IR_VERSION = 9
LARGEST = float(np.finfo(np.float32).max)
INPUT, OUTPUT = "rows", "sums"


@dataclass(frozen=True)
class Trees:
    """Trees of K models.

    Attributes:
        onnx: bytes of the model.
    """

    onnx: bytes

    def sums(self, rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Sum of the leaves that each row (R, F) reaches, per model: (R, K). NaN goes where its split sends it."""
        return np.asarray(self._session.run([OUTPUT], {INPUT: rows})[0], np.float32)

    @cached_property
    def _session(self) -> Any:
        """Raises ArtefactError where the bytes are no model."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        try:
            return onnxruntime.InferenceSession(self.onnx, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # the runtime's errors have no base of their own
            raise ArtefactError(f"the trees are damaged ({error}); materialise boosted_model again") from error


def trees_of(models: Sequence[Booster]) -> Trees:
    """All trees of fitted models with the same features, which sum as each model's raw score does.

    Raises:
        ValueError: a split is of a category or treats zero as missing, which no setting of ours asks for.
    """
    from onnx import TensorProto, helper

    nodes, leaves, number = _Columns(), _Columns(), 0
    for target, model in enumerate(models):
        for tree in model.dump_model()["tree_info"]:
            _add(tree["tree_structure"], number, target, nodes, leaves)
            number += 1
    attributes: dict[str, Any] = {
        "n_targets": len(models),
        "aggregate_function": "SUM",
        "post_transform": "NONE",
        **{f"nodes_{name}": values for name, values in nodes.values.items()},
        **{f"target_{name}": values for name, values in leaves.values.items()},
    }
    ensemble = helper.make_node("TreeEnsembleRegressor", [INPUT], [OUTPUT], domain="ai.onnx.ml", **attributes)
    given, found = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["R", columns])
        for name, columns in ((INPUT, models[0].num_feature()), (OUTPUT, len(models)))
    )
    opsets = [helper.make_opsetid(domain, version) for domain, version in OPSET.items()]
    model = helper.make_model(helper.make_graph([ensemble], "trees", [given], [found]), opset_imports=opsets)
    model.ir_version = IR_VERSION
    return Trees(model.SerializeToString(deterministic=True))


class _Columns:
    """Columns of a table that grows by rows; every row names the same columns."""

    def __init__(self) -> None:
        self.values: dict[str, list[Any]] = {}

    def add(self, **row: Any) -> None:
        for name, value in row.items():
            self.values.setdefault(name, []).append(value)


def _add(root: dict[str, Any], tree: int, target: int, nodes: _Columns, leaves: _Columns) -> None:
    """Appends one tree as LightGBM dumps it. Its nodes are numbered as a walk meets them, each before its children."""
    queue, count = [root], 1
    for number, node in enumerate(queue):
        inner = "split_feature" in node
        if inner:
            _check(node)
        nodes.add(
            treeids=tree,
            nodeids=number,
            featureids=node["split_feature"] if inner else 0,
            modes="BRANCH_LEQ" if inner else "LEAF",
            values=_rounded_down(node["threshold"]) if inner else 0.0,
            truenodeids=count if inner else 0,
            falsenodeids=count + 1 if inner else 0,
            missing_value_tracks_true=int(_missing_goes_left(node)) if inner else 0,
        )
        if inner:
            queue += [node["left_child"], node["right_child"]]
            count += 2
        else:
            leaves.add(treeids=tree, nodeids=number, ids=target, weights=node["leaf_value"])


def _rounded_down(threshold: float) -> float:
    """The largest float32 that is at most so much."""
    nearest = np.float32(min(max(threshold, -LARGEST), LARGEST))
    return float(nearest if float(nearest) <= threshold else np.nextafter(nearest, np.float32(-np.inf)))


def _missing_goes_left(node: dict[str, Any]) -> bool:
    """Where a split sends NaN: as it learned, or, where it met none, as zero."""
    return bool(node["default_left"] if node["missing_type"] == "NaN" else node["threshold"] >= 0)


def _check(node: dict[str, Any]) -> None:
    if node["decision_type"] != "<=" or node["missing_type"] not in ("None", "NaN"):
        raise ValueError(
            f"expected splits by <= and zeros that are zeros, got {node['decision_type']!r}, {node['missing_type']!r}"
        )
