"""FastAPI with asyncpg, run by uvicorn with uvloop and httptools, doing the ledger's work on the three measured routes."""
import json
import os
import time
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Literal

import asyncpg
from fastapi import FastAPI, Header, HTTPException, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

import common

LIST = f"SELECT {common.COLUMNS} FROM releases WHERE service = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
ONE = f"SELECT {common.COLUMNS} FROM releases WHERE service = $1 AND digest = $2"
RECORD = f"""INSERT INTO releases ({common.RECORDED}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'bench')
  ON CONFLICT (service, digest) DO NOTHING RETURNING {common.COLUMNS}"""

Count = Annotated[int, Field(ge=0, le=2147483647)]
Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Verdict(Strict):
    status: Literal["passed", "failed", "broken"]
    counts: dict[Literal["critical", "high", "medium", "low", "info", "unknown"], Count]
    policy: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    finishedAt: datetime


class Facts(Strict):
    version: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,127}$")]
    commit: Annotated[str, Field(pattern=r"^([0-9a-f]{40}|[0-9a-f]{64})$")]
    committedAt: datetime
    repository: Annotated[str, Field(max_length=300, pattern=r"^(https?|ssh)://")]
    verdict: Verdict
    sbomDigest: Digest | None = None


class RecordedVerdict(BaseModel):
    status: str
    counts: dict[str, int]
    policy: str
    finishedAt: str


class Release(BaseModel):
    service: str
    digest: str
    version: str
    commit: str
    committedAt: str
    repository: str
    verdict: RecordedVerdict
    sbomDigest: str | None
    recordedAt: str
    recordedBy: str


class Page(BaseModel):
    items: list[Release]


@asynccontextmanager
async def lifespan(app: FastAPI):
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=10, max_size=10) as pool:
        app.state.pool = pool
        yield


app = FastAPI(lifespan=lifespan)


class Observe:
    """Plain ASGI, because Starlette's BaseHTTPMiddleware halves the throughput."""

    def __init__(self, inner):
        self.inner = inner
        self.headers = [(name.encode(), value.encode()) for name, value in common.HEADERS.items()]

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.inner(scope, receive, send)
        started = time.perf_counter()
        given = next((value.decode() for name, value in scope["headers"] if name == b"x-request-id"), None)
        id = common.request_id(given)
        status = 500

        async def send_with_headers(message):
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *self.headers, (b"x-request-id", id.encode())]
            await send(message)

        await self.inner(scope, receive, send_with_headers)
        route = getattr(scope.get("route"), "path", "unmatched")
        common.observe(id, scope["method"], scope["path"], route, status, started)


app.add_middleware(Observe)


@app.get("/health/live")
async def live():
    return common.ALIVE


@app.get("/v1/services/{service}/releases")
async def list_releases(
    response: Response,
    service: Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")],
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(pattern=r"^[A-Za-z0-9_-]{11}$")] = None,
) -> Page:
    rows = await app.state.pool.fetch(LIST, service, common.from_cursor(cursor), limit + 1)
    if len(rows) > limit:
        rows.pop()
        response.headers["link"] = common.next_link(service, limit, rows[-1]["id"])
    return {"items": [common.to_release(row) for row in rows]}


@app.put("/v1/services/{service}/releases/{digest}")
async def record(
    response: Response,
    service: Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")],
    digest: Digest,
    facts: Facts,
    authorization: Annotated[str | None, Header()] = None,
) -> Release:
    if not common.may_write(authorization):
        raise HTTPException(401)
    verdict = facts.verdict
    row = await app.state.pool.fetchrow(
        RECORD, service, digest, facts.version, facts.commit, facts.committedAt, facts.repository, verdict.status,
        json.dumps(verdict.counts), verdict.policy, verdict.finishedAt, facts.sbomDigest,
    )
    response.status_code = 201 if row else 200
    return common.to_release(row or await app.state.pool.fetchrow(ONE, service, digest))
