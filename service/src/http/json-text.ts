/** Answers with JSON that is text already, such as PostgreSQL's own. */
import type { FastifyReply } from 'fastify';

/**
 * Sends `text` as it is. For handlers that take `@Res()`: what Nest does with the results of other handlers, looking for streams and
 * observables in them, costs a fifth of a small request.
 */
export function sendJson(reply: FastifyReply, text: string): void {
  void reply.type('application/json; charset=utf-8').send(text);
}
