/** The HTTP server under Nest: Fastify's limits, and the hooks that every request passes through. */
import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import rateLimit from '@fastify/rate-limit';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { authenticate } from '../auth/authentication.js';
import { Tokens } from '../auth/tokens.js';
import type { Registry } from 'prom-client';
import type { Configuration } from '../configuration.js';
import type { Lifecycle } from '../health/lifecycle.js';
import type { Logger } from '../telemetry/logger.js';
import type { HttpMetrics } from '../telemetry/http-metrics.js';
import { withRequestId } from '../telemetry/request-context.js';
import type { OperationConfig } from './operation.js';
import { Problem } from './problem.js';
import { sendProblem, toProblem } from './problem.filter.js';
import { validation } from './validation.js';

declare module 'fastify' {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- merges our members into Fastify's interface
  interface FastifyContextConfig extends OperationConfig {}
}

/** What the server needs before Nest exists; Nest's modules get the same by injection. */
export interface ServerParts {
  readonly configuration: Configuration;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly metrics: HttpMetrics;
  readonly lifecycle: Lifecycle;
}

/** What every answer carries: nothing here is a page, so nothing may be loaded, framed, sniffed or kept. */
const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;

/** Makes the adapter with its limits; {@link addHooks} completes it once Nest has it. */
export function createAdapter(parts: ServerParts): FastifyAdapter {
  const { configuration } = parts;
  return new FastifyAdapter({
    logger: false,
    genReqId: (request: { headers: IncomingMessage['headers'] }) => acceptedRequestId(request.headers['x-request-id']),
    requestIdHeader: false,
    trustProxy: configuration.TRUSTED_PROXIES.length > 0 ? [...configuration.TRUSTED_PROXIES] : false,
    bodyLimit: configuration.BODY_LIMIT_BYTES,
    requestTimeout: configuration.REQUEST_TIMEOUT_MS,
    keepAliveTimeout: configuration.KEEP_ALIVE_TIMEOUT_MS,
    http: {
      headersTimeout: configuration.HEADERS_TIMEOUT_MS,
      // How often Node looks for connections past their time-outs: its default of 30 s would be the real time-out.
      connectionsCheckingInterval: Math.min(1_000, configuration.HEADERS_TIMEOUT_MS),
    },
    // Requests that arrive while the process drains are served, on connections that are then closed.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 512 },
    schemaController: { compilersFactory: { buildValidator: noCompiler, buildSerializer: noCompiler } },
    // Express's kind of middleware: none is used, and its hook would run for every request.
    skipMiddie: true,
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      refuseUnrouted(parts, error, request, reply);
    },
    clientErrorHandler: (error: NodeJS.ErrnoException, socket: Socket) => {
      refuseUnparsed(parts, error, socket);
    },
  } as never);
}

/** Of Fastify's schemas, which no route has: zod validates, and Fastify would load a megabyte of Ajv at start for nothing. */
function noCompiler(): never {
  throw new Error("a route has a schema of Fastify's: declare it with @Operation instead");
}

/** Adds what every request passes through, in this order: id and headers, authentication, rate limit, body, validation; then metrics and log. */
export async function addHooks(server: FastifyInstance, parts: ServerParts): Promise<void> {
  const { configuration, lifecycle } = parts;
  const tokens = new Tokens(configuration.TOKENS);
  server.decorateRequest('token', null);

  const methodsOf = methodsByPath(server);

  server.addHook('onRequest', (request, reply, done) => {
    reply.headers(SECURITY_HEADERS).header('x-request-id', request.id);
    // A client must not keep a connection to a process that is going away.
    if (lifecycle.draining) reply.header('connection', 'close');
    // Here, because Nest owns the handler of requests without a route, and it knows only 404.
    const allowed = request.is404 && methodsOf(request.url);
    if (!allowed) {
      done();
      return;
    }
    void reply.header('allow', [...allowed].sort().join(', '));
    done(new Problem(405, `${request.method} is not possible here.`));
  });

  await server.register(rateLimit, {
    global: false,
    max: configuration.WRITES_PER_MINUTE,
    timeWindow: 60_000,
    enableDraftSpec: true,
    keyGenerator: (request: FastifyRequest) => request.token?.name ?? request.ip,
    errorResponseBuilder: (_request: FastifyRequest, { ttl }: { ttl: number }) =>
      new Problem(
        429,
        `This token may make ${configuration.WRITES_PER_MINUTE} writes a minute. Try again in ${Math.ceil(ttl / 1_000)} s.`,
      ),
  });
  const limitWrites = server.rateLimit();

  server.addHook('onRoute', (route) => {
    const operation = (route.config as OperationConfig | undefined)?.operation;
    if (!operation) return;
    const { scope } = operation;
    if (scope && (scope !== 'read' || configuration.READS === 'token')) {
      route.onRequest = [
        (request, _reply, done) => {
          authenticate(request, tokens, scope);
          done();
        },
        ...(scope === 'read' ? [] : [limitWrites]),
      ];
    }
    const validate = validation(operation);
    route.preHandler = (request, _reply, done) => {
      validate(request);
      // Only here, and not in onRequest: reading a body continues in the connection's context, not in the request's.
      withRequestId(request.id, done);
    };
  });

  acceptJsonOnly(server);
  server.addHook('onResponse', (request, reply, done) => {
    observe(
      parts,
      request.method,
      request.routeOptions.url,
      request.url,
      request.id,
      reply.statusCode,
      reply.elapsedTime,
      request.token?.name,
    );
    done();
  });
}

/** The incoming id if it is safe to log and to return, else a new one. */
function acceptedRequestId(header: string | string[] | undefined): string {
  return typeof header === 'string' && REQUEST_ID.test(header) ? header : randomUUID();
}

/** Collects the routes that are added from here on; the answer tells the methods of a URL's path, undefined where no route has it. */
function methodsByPath(server: FastifyInstance): (url: string) => ReadonlySet<string> | undefined {
  const known = new Map<string, { pattern: RegExp; methods: Set<string> }>();
  server.addHook('onRoute', ({ url, method }) => {
    const route = known.get(url) ?? { pattern: pathPattern(url), methods: new Set() };
    for (const name of [method].flat()) route.methods.add(name);
    known.set(url, route);
  });
  return (url) => {
    const [path = ''] = url.split('?', 1);
    return [...known.values()].find(({ pattern }) => pattern.test(path))?.methods;
  };
}

/** A route's path as an expression: parameters match one segment. */
function pathPattern(url: string): RegExp {
  return new RegExp(`^${url.replaceAll('.', '\\.').replaceAll(/:\w+/g, '[^/]+')}$`);
}

/** Reads JSON bodies only, and those only in well-formed UTF-8: a decoder that replaces bad bytes would record what nobody sent. */
function acceptJsonOnly(server: FastifyInstance): void {
  const parseJson = server.getDefaultJsonParser('error', 'error');
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (!isUtf8(body as Buffer)) {
      done(new Problem(400, 'The body is not well-formed UTF-8.'));
      return;
    }
    void parseJson(request, body.toString('utf8'), (error, value) => {
      done(error ? new Problem(400, `The body is not JSON the service accepts: ${error.message}.`) : null, value);
    });
  });
}

/** Answers what Fastify refused before it had a route, such as a malformed URL: none of the hooks sees those. */
function refuseUnrouted(parts: ServerParts, error: Error, request: FastifyRequest, reply: FastifyReply): void {
  const problem = toProblem(error);
  reply.headers(SECURITY_HEADERS).header('x-request-id', request.id);
  observe(parts, request.method, undefined, request.url, request.id, problem.status, reply.elapsedTime);
  sendProblem(reply, problem, request.id);
}

/** Answers what Node could not even parse, and requests that took too long to arrive. */
function refuseUnparsed(parts: ServerParts, error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400;
  const requestId = randomUUID();
  const body = JSON.stringify(
    new Problem(status, 'The request is not HTTP that the service can read.').document(requestId),
  );
  const headers = {
    ...SECURITY_HEADERS,
    'x-request-id': requestId,
    'content-type': 'application/problem+json',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`);
  observe(parts, 'OTHER', undefined, '', requestId, status, 0);
}

/** Counts and logs one answered request. */
function observe(
  { logger, metrics }: ServerParts,
  method: string,
  route: string | undefined,
  url: string,
  requestId: string,
  status: number,
  milliseconds: number,
  token?: string,
): void {
  metrics.observe(method, route, status, milliseconds);
  const query = url.indexOf('?');
  const line = {
    request_id: requestId,
    method,
    path: query === -1 ? url : url.slice(0, query),
    status_code: status,
    duration_ms: Math.round(milliseconds * 1_000) / 1_000,
    route,
    token,
  };
  if (status >= 500) logger.error(line, 'request failed');
  else if (status >= 400) logger.warn(line, 'request refused');
  else logger.info(line, 'request served');
}
