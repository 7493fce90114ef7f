"""What the Python peers share: the SQL, the token, the metrics and the log line."""
import base64
import hashlib
import hmac
import json
import os
import re
import struct
import sys
import time
import uuid
from datetime import datetime, timezone

from prometheus_client import Counter, Histogram

BEFORE_ALL = 9223372036854775807
ALIVE = {"status": "ok", "info": {}, "error": {}, "details": {}}
HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_TOKEN = bytes.fromhex(os.environ["TOKEN_SHA256"])


def _time(column: str) -> str:
    return f"""to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS {column}"""


COLUMNS = f"""id, service, digest, version, commit_hash, {_time("committed_at")}, repository, verdict_status,
  verdict_counts::text AS verdict_counts, verdict_policy, {_time("verdict_finished_at")}, sbom_digest, {_time("recorded_at")}, recorded_by"""
RECORDED = """service, digest, version, commit_hash, committed_at, repository, verdict_status, verdict_counts,
  verdict_policy, verdict_finished_at, sbom_digest, recorded_by"""

_LABELS = ["method", "route", "status"]
_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
_requests = Counter("http_requests", "Requests.", _LABELS)
_durations = Histogram("http_request_duration_seconds", "Durations.", _LABELS, buckets=_BUCKETS)


def request_id(header: str | None) -> str:
    return header if header and _REQUEST_ID.fullmatch(header) else str(uuid.uuid4())


def may_write(authorization: str | None) -> bool:
    secret = (authorization or "").removeprefix("Bearer ")
    return hmac.compare_digest(hashlib.sha256(secret.encode()).digest(), _TOKEN)


def observe(id: str, method: str, path: str, route: str, status: int, started: float) -> None:
    seconds = time.perf_counter() - started
    _requests.labels(method, route, status).inc()
    _durations.labels(method, route, status).observe(seconds)
    line = {
        "timestamp": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
        "level": "INFO",
        "request_id": id,
        "method": method,
        "path": path,
        "status_code": status,
        "duration_ms": round(seconds * 1000, 3),
        "message": "request served",
    }
    sys.stdout.write(json.dumps(line) + "\n")


def to_release(row) -> dict:
    return {
        "service": row["service"],
        "digest": row["digest"],
        "version": row["version"],
        "commit": row["commit_hash"],
        "committedAt": row["committed_at"],
        "repository": row["repository"],
        "verdict": {
            "status": row["verdict_status"],
            "counts": json.loads(row["verdict_counts"]),
            "policy": row["verdict_policy"],
            "finishedAt": row["verdict_finished_at"],
        },
        "sbomDigest": row["sbom_digest"],
        "recordedAt": row["recorded_at"],
        "recordedBy": row["recorded_by"],
    }


def from_cursor(cursor: str | None) -> int:
    return struct.unpack(">q", base64.urlsafe_b64decode(cursor + "="))[0] if cursor else BEFORE_ALL


def next_link(service: str, limit: int, key: int) -> str:
    cursor = base64.urlsafe_b64encode(struct.pack(">q", key)).decode().rstrip("=")
    return f'</v1/services/{service}/releases?limit={limit}&cursor={cursor}>; rel="next"'
