"""Trees of gradient boosting as they are used once fitted: read from LightGBM's text, asked by LightGBM's own library.

Belongs here: calls of LightGBM's C interface (https://lightgbm.readthedocs.io/en/stable/C-API.html). Does not belong
here: fitting, and what the columns mean (`boosting.py`).

Its Python package loads scikit-learn, SciPy and pandas as it is imported, which takes more processor time than the
trees of thousands of series do. The numbers are those of that package to the last bit: the same code computes them.
"""

from __future__ import annotations

import ctypes
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dp_assets.domain.errors import ArtefactError
from dp_assets.domain.panel import FloatArray

FLOAT32, ROW_MAJOR, VALUE, GAIN = 0, 1, 0, 1
"""What LightGBM's `c_api.h` calls them."""
ALL_ROUNDS = -1


class Trees:
    """One fitted model of LightGBM.

    Args:
        text: the model as LightGBM writes it.

    Raises:
        ArtefactError: it is no such text.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._handle = ctypes.c_void_p()
        _call("LoadModelFromString", text.encode(), ctypes.byref(ctypes.c_int()), ctypes.byref(self._handle))
        columns = ctypes.c_int()
        _call("GetNumFeature", self._handle, ctypes.byref(columns))
        self.columns = columns.value

    def predict(self, rows: FloatArray) -> npt.NDArray[np.float64]:
        """(R,) values of a table (R, F), by one thread.

        Raises:
            ArtefactError: the table has other columns than the one it was fitted on.
        """
        table = np.ascontiguousarray(rows, np.float32)
        if table.shape[1] != self.columns:
            raise ArtefactError(
                f"expected a table of {self.columns} columns, on which the trees were fitted, got {table.shape[1]}; "
                "materialise boosted_model again"
            )
        found, count = np.empty(len(table)), ctypes.c_int64()
        if len(table):
            shape = (ctypes.c_int32(len(table)), ctypes.c_int32(self.columns), ROW_MAJOR)
            how = (VALUE, 0, ALL_ROUNDS, b"num_threads=1")
            out = ctypes.byref(count), found.ctypes.data_as(ctypes.POINTER(ctypes.c_double))
            _call("PredictForMat", self._handle, ctypes.c_void_p(table.ctypes.data), FLOAT32, *shape, *how, *out)
        return found

    def gains(self) -> npt.NDArray[np.float64]:
        """(F,) what splitting on each column gained in all."""
        found = np.zeros(self.columns)
        _call(
            "FeatureImportance", self._handle, ALL_ROUNDS, GAIN, found.ctypes.data_as(ctypes.POINTER(ctypes.c_double))
        )
        return found

    def __del__(self) -> None:
        if self._handle:
            _library().LGBM_BoosterFree(self._handle)


@cache
def _library() -> ctypes.CDLL:
    """LightGBM's library out of its Python package, which is not imported."""
    spec = find_spec("lightgbm")
    places = list(spec.submodule_search_locations or ()) if spec else []
    for name in ("lib_lightgbm.so", "lib_lightgbm.dylib", "lib_lightgbm.dll"):
        for path in (Path(place) / folder / name for place in places for folder in ("lib", "bin")):
            if path.is_file():
                library = ctypes.CDLL(str(path))
                library.LGBM_GetLastError.restype = ctypes.c_char_p
                return library
    raise ArtefactError("expected the library of the package lightgbm, but it is not installed: pip install lightgbm")


def _call(name: str, *arguments: object) -> None:
    library = _library()
    if getattr(library, f"LGBM_Booster{name}")(*arguments):
        said = library.LGBM_GetLastError().decode(errors="replace")
        raise ArtefactError(f"LightGBM refused the trees: {said}; materialise boosted_model again")
