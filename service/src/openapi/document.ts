/** The OpenAPI document: made from the controllers' own descriptions, so that it cannot say anything else than they do. */
import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { OpenAPIObject } from '@nestjs/swagger';
import { describeOperations } from './operations.js';

/** RFC 9457, with what this service adds. */
const PROBLEM = {
  type: 'object',
  description:
    'What went wrong (RFC 9457). `type` names the kinds that mean more than their status; others are `about:blank`.',
  required: ['type', 'title', 'status', 'detail', 'requestId'],
  properties: {
    type: { type: 'string', example: '/docs#invalid-request' },
    title: { type: 'string', example: 'invalid request' },
    status: { type: 'integer', example: 400 },
    detail: { type: 'string', example: 'A field is not as it has to be.' },
    requestId: { type: 'string', example: '8a5c1f0e-3f0b-4f5e-9d55-0a3d9c2f7b11' },
    errors: {
      type: 'array',
      description: 'Every offending field, of `invalid-request`.',
      items: {
        type: 'object',
        required: ['in', 'pointer', 'detail'],
        properties: {
          in: { type: 'string', enum: ['body', 'query', 'path', 'header'] },
          pointer: { type: 'string', description: 'JSON pointer (RFC 6901).', example: '#/verdict/status' },
          detail: { type: 'string', example: 'must be one of passed, failed, broken' },
        },
      },
    },
  },
};

/** Describes all operations of the application. */
export function openApiDocument(application: INestApplication, version: string): OpenAPIObject {
  describeOperations();
  const settings = new DocumentBuilder()
    .setTitle('Release ledger')
    .setDescription('What was built, what runs where, who put it there, and what one can go back to.')
    .setVersion(version)
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'A token with the scope that the operation names.' })
    .build();
  const document = SwaggerModule.createDocument(application, settings, {
    operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '').toLowerCase()}.${method}`,
  });
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, Problem: PROBLEM },
  };
  return document;
}
