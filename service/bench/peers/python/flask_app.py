"""Flask with psycopg, run by gunicorn's threads, doing the ledger's work on the three measured routes."""
import json
import os
import re
import time

from flask import Flask, abort, g, jsonify, request
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

import common

LIST = f"SELECT {common.COLUMNS} FROM releases WHERE service = %s AND id < %s ORDER BY id DESC LIMIT %s"
ONE = f"SELECT {common.COLUMNS} FROM releases WHERE service = %s AND digest = %s"
RECORD = f"""INSERT INTO releases ({common.RECORDED}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'bench')
  ON CONFLICT (service, digest) DO NOTHING RETURNING {common.COLUMNS}"""

# What a body must match; written out, because Flask itself validates nothing.
PATTERNS = {
    "version": re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,127}"),
    "commit": re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}"),
    "repository": re.compile(r"(https?|ssh)://.{1,290}"),
}
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")

app = Flask(__name__)
pool = ConnectionPool(
    os.environ["DATABASE_URL"], min_size=5, max_size=5, kwargs={"autocommit": True, "row_factory": dict_row}
)


@app.before_request
def begin():
    g.started = time.perf_counter()
    g.id = common.request_id(request.headers.get("x-request-id"))


@app.after_request
def end(response):
    response.headers.extend(common.HEADERS)
    response.headers["x-request-id"] = g.id
    route = request.url_rule.rule if request.url_rule else "unmatched"
    common.observe(g.id, request.method, request.path, route, response.status_code, g.started)
    return response


@app.get("/health/live")
def live():
    return jsonify(common.ALIVE)


@app.get("/v1/services/<service>/releases")
def list_releases(service):
    limit = request.args.get("limit", 50, int)
    if not 1 <= limit <= 200:
        abort(400)
    with pool.connection() as connection:
        rows = connection.execute(
            LIST, (service, common.from_cursor(request.args.get("cursor")), limit + 1), prepare=True
        ).fetchall()
    headers = {}
    if len(rows) > limit:
        rows.pop()
        headers["link"] = common.next_link(service, limit, rows[-1]["id"])
    return jsonify(items=[common.to_release(row) for row in rows]), 200, headers


@app.put("/v1/services/<service>/releases/<digest>")
def record(service, digest):
    if not common.may_write(request.headers.get("authorization")):
        abort(401)
    facts = request.get_json()
    verdict = facts["verdict"]
    if not DIGEST.fullmatch(digest) or any(not pattern.fullmatch(facts[name]) for name, pattern in PATTERNS.items()):
        abort(400)
    values = (
        service, digest, facts["version"], facts["commit"], facts["committedAt"], facts["repository"],
        verdict["status"], json.dumps(verdict["counts"]), verdict["policy"], verdict["finishedAt"], facts.get("sbomDigest"),
    )
    with pool.connection() as connection:
        row = connection.execute(RECORD, values, prepare=True).fetchone()
        status = 201 if row else 200
        row = row or connection.execute(ONE, (service, digest)).fetchone()
    return jsonify(common.to_release(row)), status
