/** Serves /openapi.json and /docs. They are routes of the server and not of a controller, so that the document does not describe itself. */
import type { INestApplication } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';

/** What the routes answer. */
interface Documentation {
  readonly json: string;
  readonly page: string;
  /** Content-Security-Policy of the page. */
  readonly policy: string;
}

/** Adds both routes; the document is made, and what makes it loaded, at the first request for it, because most starts are not followed by one. */
export function addDocumentation(application: INestApplication, server: FastifyInstance, version: string): void {
  let made: Promise<Documentation> | undefined;
  const documentation = (): Promise<Documentation> => (made ??= makeDocumentation(application, version));
  server.get('/openapi.json', async (_request, reply) => {
    const { json } = await documentation();
    return reply.type('application/json; charset=utf-8').send(json);
  });
  server.get('/docs', async (_request, reply) => {
    const { page, policy } = await documentation();
    return reply.header('content-security-policy', policy).type('text/html; charset=utf-8').send(page);
  });
}

async function makeDocumentation(application: INestApplication, version: string): Promise<Documentation> {
  const [{ openApiDocument }, { DOCS_POLICY, docsPage }] = await Promise.all([
    import('./document.js'),
    import('./page.js'),
  ]);
  const document = openApiDocument(application, version);
  return { json: JSON.stringify(document), page: docsPage(document), policy: DOCS_POLICY };
}
