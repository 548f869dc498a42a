"""`/metrics`. Belongs here: translation between HTTP and the service."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request, Response

from dp_assets.domain.access import Permission
from serving.api.access import GuardedRoute, needs
from serving.api.metrics import service
from serving.api.state import gate, library, meter, settings

router = APIRouter(tags=["health"], route_class=GuardedRoute)
MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""Prometheus' text format."""
EXAMPLE = 'dp_api_requests_total{route="/v1/forecast/skus/{sku}",method="GET",status="2xx"} 1027.0\n'


@router.get(
    "/metrics",
    summary="Metrics",
    response_class=Response,
    responses={
        200: {
            "description": "Metrics of this process in Prometheus' text format",
            "content": {"text/plain": {"schema": {"type": "string"}, "example": EXAMPLE}},
        }
    },
)
@needs(Permission.READ, heeds_scope=True)
async def metrics(request: Request) -> Response:
    """Requests, latency, the bundle in service, and what the process takes, for Prometheus to scrape.

    It tells of no SKU, node or user, so everybody who may read may have it: a scraper needs no key that could change
    something. Each process tells of itself since its start.
    """
    found = service.measured(meter(request), library(request), gate(request))
    moment = await asyncio.to_thread(service.business_time, settings(request))
    return Response(await asyncio.to_thread(service.text, found, moment), media_type=MEDIA_TYPE)
