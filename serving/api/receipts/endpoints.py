"""`/v1/receipts`. Belongs here: translation between HTTP and the service."""

from __future__ import annotations

import asyncio

import orjson
from fastapi import APIRouter, Request, Response

from dp_assets.domain.access import Permission
from serving.api.access import GuardedRoute, needs, principal_of
from serving.api.descriptions import answered, documented
from serving.api.parameters import parse
from serving.api.problems import BadParameterError, UnknownReceiptError, may_raise
from serving.api.receipts import service
from serving.api.receipts.schemas import EXAMPLE, Receipt, ReceiptQuery
from serving.api.state import library

router = APIRouter(tags=["trace"], route_class=GuardedRoute)
ID = {"id": "A receipt's id, its first six letters or more, or the cutoff of a cycle for that of its forecasts."}


@router.get(
    "/v1/receipts/{id}",
    response_class=Response,
    summary="What decided forecasts",
    responses={
        **answered(Receipt, "Contents by hash, code, libraries, seed", EXAMPLE, conditional=False),
        **may_raise(UnknownReceiptError, BadParameterError),
    },
    openapi_extra={"parameters": documented(ReceiptQuery, path=ID)},
)
@needs(Permission.READ, heeds_scope=True)
async def receipt(request: Request) -> Response:
    """Everything that decided a table of forecasts, each content by its hash, and the commands that compute it again.

    Whoever is kept to some nodes is not told the configuration, which may speak of others.
    """
    parse(ReceiptQuery, request)
    whole = not principal_of(request).scope.hides
    found = await asyncio.to_thread(service.receipt, library(request).lake, request.path_params["id"], whole)
    return Response(orjson.dumps(found), media_type="application/json")
