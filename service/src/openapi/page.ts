/** The /docs page: the OpenAPI document as one self-contained HTML page, without scripts and without anything loaded from elsewhere. */
import { createHash } from 'node:crypto';
import type { OpenAPIObject } from '@nestjs/swagger';
import { PROBLEM_KINDS } from '../http/problem.js';
import { exampleOf } from './example.js';
import type { Schema } from './example.js';

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --soft: #8881 }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line) }
details { border: 1px solid var(--line); border-radius: 6px; margin: .5rem 0; padding: 0 1rem }
summary { cursor: pointer; padding: .6rem 0 }
code, pre { font: 14px/1.45 ui-monospace, monospace }
pre { background: var(--soft); padding: .75rem; overflow-x: auto; border-radius: 4px }
table { border-collapse: collapse; width: 100% }
td, th { text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line) }
.method { display: inline-block; min-width: 4.5rem; font-weight: 700 }
`;

/** Allows this page's one style sheet, by its hash, and nothing else. */
export const DOCS_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; frame-ancestors 'none'; base-uri 'none'`;

interface Operation {
  readonly tags?: readonly string[];
  readonly summary?: string;
  readonly description?: string;
  readonly security?: readonly unknown[];
  readonly parameters?: readonly {
    name: string;
    in: string;
    required?: boolean;
    description?: string;
    schema?: Schema;
  }[];
  readonly requestBody?: { content: Record<string, { schema: Schema }> };
  readonly responses: Readonly<Record<string, { description: string; content?: Record<string, { schema?: Schema }> }>>;
}

/** The page for a document. */
export function docsPage(document: OpenAPIObject): string {
  const byTag = new Map<string, string[]>();
  for (const [path, item] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(item) as [string, Operation][]) {
      const tag = operation.tags?.[0] ?? 'Other';
      byTag.set(tag, [...(byTag.get(tag) ?? []), describeOperation(method.toUpperCase(), path, operation)]);
    }
  }
  const sections = [...byTag].map(([tag, operations]) => `<h2>${escaped(tag)}</h2>${operations.join('')}`);
  const problems = Object.entries(PROBLEM_KINDS).map(
    ([kind, text]) => `<tr id="${kind}"><td><code>${kind}</code></td><td>${marked(text)}</td></tr>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escaped(document.info.title)}</title>
<meta name="viewport" content="width=device-width"><style>${STYLE}</style></head>
<body><h1>${escaped(document.info.title)} <small>${escaped(document.info.version)}</small></h1>
<p>${marked(document.info.description ?? '')} The same as data: <a href="/openapi.json">/openapi.json</a>.</p>
${sections.join('\n')}
<h2>Problems</h2>
<p>Every error is a problem document (RFC 9457) with the request's id. These kinds mean more than their status:</p>
<table>${problems.join('')}</table>
</body></html>
`;
}

function describeOperation(method: string, path: string, operation: Operation): string {
  const parameters = (operation.parameters ?? []).map(
    ({ name, in: where, required, description = '', schema }) =>
      `<tr><td><code>${escaped(name)}</code></td><td>${where}${required ? ', required' : ''}</td><td>${marked(description)}${
        schema?.example === undefined ? '' : ` <code>${escaped(plain(schema.example))}</code>`
      }</td></tr>`,
  );
  const responses = Object.entries(operation.responses).map(([status, { description, content }]) => {
    const body = content?.['application/json'];
    return `<tr><td><code>${status}</code></td><td>${marked(description)}${
      body?.schema ? json(exampleOf(body.schema)) : ''
    }</td></tr>`;
  });
  const body = operation.requestBody?.content['application/json'];
  return `<details><summary><span class="method">${method}</span> <code>${escaped(path)}</code> ${escaped(operation.summary ?? '')}</summary>
${operation.description ? `<p>${marked(operation.description)}</p>` : ''}
${operation.security ? '<p>Takes a bearer token.</p>' : ''}
${parameters.length > 0 ? `<table>${parameters.join('')}</table>` : ''}
${body ? `<p>Body:</p>${json(exampleOf(body.schema))}` : ''}
<table>${responses.join('')}</table></details>`;
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function json(value: unknown): string {
  return `<pre>${escaped(JSON.stringify(value, null, 2))}</pre>`;
}

/** Escaped text in which `backticks` become code. */
function marked(text: string): string {
  return escaped(text).replace(/`([^`]+)`/g, '<code>$1</code>');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
