"""A second version of the API beside the first."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.testclient import TestClient

from dp_assets.domain.access import Permission
from serving.api import create_app
from serving.api.access import GuardedRoute, check_guarded, needs
from serving.api.state import in_service
from tests.serving.access_makers import Place

router = APIRouter(route_class=GuardedRoute)


@router.get("/v2/forecast/skus/{sku}")
@needs(Permission.READ, heeds_scope=True)
async def another_form(request: Request) -> Response:
    """The same forecast in another form."""
    bundle = in_service(request).bundle
    (row,) = bundle.rows(request.path_params["sku"])
    return Response(f"{bundle.mean[row].sum():.6f}", media_type="text/plain")


def test_v2_lives_beside_v1_over_the_same_bundle(tmp_path: Path) -> None:
    place = Place(tmp_path, api_access="open")
    place.put_bundle()
    app = create_app(place.settings)
    before = app.openapi()["paths"]
    app = create_app(place.settings)
    app.include_router(router)
    check_guarded(app)
    with TestClient(app) as client:
        first = client.get("/v1/forecast/skus/sku0001").json()
        second = client.get("/v2/forecast/skus/sku0001")
        assert float(second.text) == round(sum(lead["mean"] for lead in first["series"][0]["leads"]), 6)
        assert second.headers["x-content-type-options"] == "nosniff"
        assert 'route="/v2/forecast/skus/{sku}"' in client.get("/metrics").text
        paths = client.get("/openapi.json").json()["paths"]
    assert set(paths) == {*before, "/v2/forecast/skus/{sku}"}
    assert {path: paths[path] for path in before} == before
