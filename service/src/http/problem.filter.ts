/** Answers every error with a problem document, whichever layer it comes from, and logs those that are the service's fault. */
import { Catch, HttpException, Inject } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isUnavailable } from '../database/unavailable.js';
import { LOGGER } from '../telemetry/logger.js';
import type { Logger } from '../telemetry/logger.js';
import { Problem } from './problem.js';

/** Seconds after which a client should try again when the database cannot serve. */
const RETRY_AFTER_SECONDS = '2';

@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const problem = toProblem(error);
    if (problem.status >= 500) this.logger.error({ request_id: request.id, error }, problem.detail);
    sendProblem(reply, problem, request.id);
  }
}

/** Sends a problem document, unless the answer has begun already. */
export function sendProblem(reply: FastifyReply, problem: Problem, requestId: string): void {
  if (reply.sent) return;
  void reply
    .code(problem.status)
    .headers(problem.headers)
    .header('content-type', 'application/problem+json')
    // As text, so that no response schema of the route is applied to it.
    .serializer((text: unknown) => text as string)
    .send(JSON.stringify(problem.document(requestId)));
}

/** What a client is told of an error: its own mistakes in full, ours in general terms. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (isUnavailable(error)) {
    return new Problem(503, 'The database cannot serve this request now. Try again.', {
      kind: 'database-unavailable',
      headers: { 'retry-after': RETRY_AFTER_SECONDS },
    });
  }
  if (error instanceof HttpException) return new Problem(error.getStatus(), error.message);
  if (isClientError(error)) return new Problem(error.statusCode, error.message);
  return new Problem(500, 'The service failed. The log has the reason under this request id.');
}

/** Errors of Fastify's own that say the request is at fault: body too large, unknown media type, malformed URL and the like. */
function isClientError(error: unknown): error is Error & { statusCode: number } {
  return (
    error instanceof Error &&
    'statusCode' in error &&
    typeof error.statusCode === 'number' &&
    error.statusCode >= 400 &&
    error.statusCode < 500
  );
}
