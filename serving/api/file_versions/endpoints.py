"""`/v1/files`, read. Belongs here: translation between HTTP and the service. Does not belong here: handing files in."""

from __future__ import annotations

import asyncio

import orjson
from fastapi import APIRouter, Request, Response

from dp_assets.domain.access import Permission
from serving.api.access import GuardedRoute, needs
from serving.api.descriptions import answered, documented
from serving.api.file_versions import service
from serving.api.file_versions.schemas import (
    CARD_EXAMPLE,
    EXAMPLE,
    FileCard,
    FileQuery,
    FilesPage,
    FilesQuery,
)
from serving.api.parameters import parse
from serving.api.problems import BadParameterError, UnknownFileError, may_raise
from serving.api.state import library

router = APIRouter(tags=["files"], route_class=GuardedRoute)
VERSION = {"file_version_id": "File version, as `GET /v1/files` lists it."}


@router.get(
    "/v1/files",
    response_class=Response,
    summary="Producers' files",
    responses={
        **answered(FilesPage, "File versions, the last to arrive first", EXAMPLE, conditional=False),
        **may_raise(BadParameterError),
    },
    openapi_extra={"parameters": documented(FilesQuery, path={})},
)
@needs(Permission.READ)
async def files(request: Request) -> Response:
    """Every version of every file: producer, state and why, and how many of its rows were read, accepted, rejected."""
    query, reader = parse(FilesQuery, request), library(request).tables.reader()
    found = await asyncio.to_thread(service.files, reader, query)
    return Response(orjson.dumps(found), media_type="application/json")


@router.get(
    "/v1/files/{file_version_id}",
    response_class=Response,
    summary="A file version",
    responses={
        **answered(FileCard, "Ledger, quality report, rejected rows", CARD_EXAMPLE, conditional=False),
        **may_raise(UnknownFileError, BadParameterError),
    },
    openapi_extra={"parameters": documented(FileQuery, path=VERSION)},
)
@needs(Permission.READ)
async def file_version(request: Request) -> Response:
    """One version: how it was read, what each rule rejected, what its quality report says, columns that drifted, what
    people did to it, and the first rejected rows with the text that came and its place."""
    query, reader = parse(FileQuery, request), library(request).tables.reader()
    version = request.path_params["file_version_id"]
    found = await asyncio.to_thread(service.file_version, reader, version, query)
    return Response(orjson.dumps(found), media_type="application/json")
