/** Serves /openapi.json and /docs. They are routes of the server and not of a controller, so that the document does not describe itself. */
import type { INestApplication } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { openApiDocument } from './document.js';
import { DOCS_POLICY, docsPage } from './page.js';

/** Adds both routes; the document is made at the first request for it, because most starts are not followed by one. */
export function addDocumentation(application: INestApplication, server: FastifyInstance, version: string): void {
  let json: string | undefined;
  let page: string | undefined;
  const document = (): string => (json ??= JSON.stringify(openApiDocument(application, version)));
  server.get('/openapi.json', (_request, reply) => {
    void reply.type('application/json; charset=utf-8').send(document());
  });
  server.get('/docs', (_request, reply) => {
    page ??= docsPage(JSON.parse(document()) as ReturnType<typeof openApiDocument>);
    void reply.header('content-security-policy', DOCS_POLICY).type('text/html; charset=utf-8').send(page);
  });
}
