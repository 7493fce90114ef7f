/**
 * The yardstick: Fastify and pg without any framework, doing what the ledger does for these three routes: request ids, log line,
 * metrics, security headers, tokens, rate limit, validation, prepared statements. It cuts every corner that leaves the answers alike.
 */
import { hash, randomUUID, timingSafeEqual } from 'node:crypto';
import rateLimit from '@fastify/rate-limit';
import fastify from 'fastify';
import pg from 'pg';
import { pino } from 'pino';
import { Counter, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

const { DATABASE_URL, PORT, TOKEN_SHA256 } = process.env as Record<string, string>;
const token = Buffer.from(TOKEN_SHA256!, 'hex');

const log = pino(
  { base: null, messageKey: 'message', timestamp: () => `,"timestamp":"${new Date().toISOString()}"` },
  pino.destination({ sync: false, minLength: 8_192, periodicFlush: 100 }),
);

const registry = new Registry();
collectDefaultMetrics({ register: registry });
const labelNames = ['method', 'route', 'status'] as const;
const requests = new Counter({ name: 'http_requests_total', help: 'Requests.', labelNames, registers: [registry] });
const durations = new Histogram({
  name: 'http_request_duration_seconds',
  help: 'Durations.',
  labelNames,
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  registers: [registry],
});

// `2026-11-22 07:35:05.12+00` to RFC 3339: parsing it into a Date and back is dearer.
pg.types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, (text) => {
  const fraction = text.length === 22 ? '.000' : text.slice(19, -3).padEnd(4, '0');
  return `${text.slice(0, 10)}T${text.slice(11, 19)}${fraction}Z`;
});
const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 10, options: '-c timezone=UTC -c jit=off' });

const COLUMNS = `id, service, digest, version, commit_hash, committed_at, repository, verdict_status, verdict_counts,
  verdict_policy, verdict_finished_at, sbom_digest, recorded_at, recorded_by`;
const LIST = `SELECT ${COLUMNS} FROM releases WHERE service = $1 AND id < $2 ORDER BY id DESC LIMIT $3`;
const ONE = `SELECT ${COLUMNS} FROM releases WHERE service = $1 AND digest = $2`;
const RECORD = `INSERT INTO releases (service, digest, version, commit_hash, committed_at, repository, verdict_status,
    verdict_counts, verdict_policy, verdict_finished_at, sbom_digest, recorded_by)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'bench') ON CONFLICT (service, digest) DO NOTHING RETURNING ${COLUMNS}`;

interface Facts {
  version: string;
  commit: string;
  committedAt: string;
  repository: string;
  verdict: { status: string; counts: Record<string, number>; policy: string; finishedAt: string };
  sbomDigest: string | null;
}

function toRelease(row: Record<string, unknown>) {
  return {
    service: row['service'],
    digest: row['digest'],
    version: row['version'],
    commit: row['commit_hash'],
    committedAt: row['committed_at'],
    repository: row['repository'],
    verdict: {
      status: row['verdict_status'],
      counts: row['verdict_counts'],
      policy: row['verdict_policy'],
      finishedAt: row['verdict_finished_at'],
    },
    sbomDigest: row['sbom_digest'],
    recordedAt: row['recorded_at'],
    recordedBy: row['recorded_by'],
  };
}

const text = { type: 'string' } as const;
const digest = { type: 'string', pattern: '^sha256:[0-9a-f]{64}$' } as const;
const instant = { type: 'string', format: 'date-time' } as const;
const count = { type: 'integer', minimum: 0, maximum: 2_147_483_647 } as const;
const severities = ['critical', 'high', 'medium', 'low', 'info', 'unknown'];
const service = { type: 'string', pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$' } as const;

const facts = {
  type: 'object',
  additionalProperties: false,
  required: ['version', 'commit', 'committedAt', 'repository', 'verdict'],
  properties: {
    version: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._+-]{0,127}$' },
    commit: { type: 'string', pattern: '^([0-9a-f]{40}|[0-9a-f]{64})$' },
    committedAt: instant,
    repository: { type: 'string', maxLength: 300, pattern: '^(https?|ssh)://' },
    verdict: {
      type: 'object',
      additionalProperties: false,
      required: ['status', 'counts', 'policy', 'finishedAt'],
      properties: {
        status: { enum: ['passed', 'failed', 'broken'] },
        counts: {
          type: 'object',
          additionalProperties: false,
          properties: Object.fromEntries(severities.map((name) => [name, count])),
        },
        policy: { type: 'string', pattern: '^[0-9a-f]{64}$' },
        finishedAt: instant,
      },
    },
    sbomDigest: { ...digest, nullable: true, default: null },
  },
} as const;

const release = {
  type: 'object',
  properties: {
    ...Object.fromEntries(
      ['service', 'digest', 'version', 'commit', 'committedAt', 'repository'].map((name) => [name, text]),
    ),
    verdict: {
      type: 'object',
      properties: {
        status: text,
        counts: { type: 'object', additionalProperties: { type: 'integer' } },
        policy: text,
        finishedAt: text,
      },
    },
    sbomDigest: { ...text, nullable: true },
    recordedAt: text,
    recordedBy: text,
  },
};

const server = fastify({
  genReqId: ({ headers: { 'x-request-id': id } }) =>
    typeof id === 'string' && /^[A-Za-z0-9._-]{1,128}$/.test(id) ? id : randomUUID(),
});

server.addHook('onRequest', (request, reply, done) => {
  reply.headers({
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'x-request-id': request.id,
  });
  done();
});

server.addHook('onResponse', (request, reply, done) => {
  const milliseconds = reply.elapsedTime;
  const labels = { method: request.method, route: request.routeOptions.url ?? 'unmatched', status: reply.statusCode };
  requests.inc(labels);
  durations.observe(labels, milliseconds / 1_000);
  log.info(
    {
      request_id: request.id,
      method: request.method,
      path: request.url.split('?', 1)[0],
      status_code: reply.statusCode,
      duration_ms: Math.round(milliseconds * 1_000) / 1_000,
      route: labels.route,
    },
    'request served',
  );
  done();
});

await server.register(rateLimit, { global: false, max: 10_000_000, timeWindow: 60_000, enableDraftSpec: true });

const ALIVE = { status: 'ok', info: {}, error: {}, details: {} };
const object = { type: 'object' } as const;
server.get(
  '/health/live',
  {
    schema: {
      response: { 200: { type: 'object', properties: { status: text, info: object, error: object, details: object } } },
    },
  },
  () => ALIVE,
);

server.get<{ Params: { service: string }; Querystring: { limit: number; cursor?: string } }>(
  '/v1/services/:service/releases',
  {
    schema: {
      params: { type: 'object', properties: { service } },
      querystring: {
        type: 'object',
        additionalProperties: false,
        properties: {
          limit: { type: 'integer', minimum: 1, maximum: 200, default: 50 },
          cursor: { type: 'string', pattern: '^[A-Za-z0-9_-]{11}$' },
        },
      },
      response: { 200: { type: 'object', properties: { items: { type: 'array', items: release } } } },
    },
  },
  async ({ params, query: { limit, cursor } }, reply) => {
    const before = cursor ? Buffer.from(cursor, 'base64url').readBigInt64BE().toString() : '9223372036854775807';
    const { rows } = await pool.query<{ id: string }>({
      name: 'list',
      text: LIST,
      values: [params.service, before, limit + 1],
    });
    if (rows.length > limit) {
      rows.pop();
      const key = Buffer.alloc(8);
      key.writeBigInt64BE(BigInt(rows.at(-1)!.id));
      reply.header(
        'link',
        `</v1/services/${params.service}/releases?limit=${limit}&cursor=${key.toString('base64url')}>; rel="next"`,
      );
    }
    return { items: rows.map(toRelease) };
  },
);

server.put<{ Params: { service: string; digest: string }; Body: Facts }>(
  '/v1/services/:service/releases/:digest',
  {
    onRequest: [
      (request, reply, done) => {
        const secret = request.headers.authorization?.slice('Bearer '.length) ?? '';
        if (timingSafeEqual(hash('sha256', secret, 'buffer'), token)) done();
        else void reply.code(401).send();
      },
      server.rateLimit(),
    ],
    schema: {
      params: { type: 'object', properties: { service, digest } },
      body: facts,
      response: { 200: release, 201: release },
    },
  },
  async ({ params, body }, reply) => {
    const { verdict } = body;
    const values = [
      params.service,
      params.digest,
      body.version,
      body.commit,
      body.committedAt,
      body.repository,
      verdict.status,
      JSON.stringify(verdict.counts),
      verdict.policy,
      verdict.finishedAt,
      body.sbomDigest,
    ];
    const created = await pool.query<Record<string, unknown>>({ name: 'record', text: RECORD, values });
    if (created.rows[0]) {
      reply.code(201);
      return toRelease(created.rows[0]);
    }
    const found = await pool.query<Record<string, unknown>>({ name: 'one', text: ONE, values: values.slice(0, 2) });
    return toRelease(found.rows[0]!);
  },
);

await server.listen({ port: Number(PORT), host: '127.0.0.1' });
