/** One decorator a route: what an operation takes, who may call it and what it answers, for validation and /openapi.json. */
import { RouteConfig } from '@nestjs/platform-fastify';
import type * as z from 'zod';
import type { Scope } from '../auth/tokens.js';
import type { ProblemKind } from './problem.js';

interface OperationResponse {
  readonly description: string;
  readonly schema?: z.ZodType;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What there is to know of an operation. */
export interface OperationOptions {
  readonly tag: string;
  /** One line that says what the operation does. */
  readonly summary: string;
  readonly description?: string;
  /** The scope a token needs; `read` is waived while the setting READS is open. Without a scope, everybody may call. */
  readonly scope?: Scope;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  /** Header names in lower case. */
  readonly headers?: z.ZodObject;
  readonly body?: z.ZodType;
  readonly responses: Readonly<Record<number, OperationResponse>>;
  /** The problems it may answer beside those of every operation, by status. */
  readonly problems?: Readonly<Record<number, readonly ProblemKind[] | string>>;
}

/** The part of a route's configuration that the server's hooks read. */
export interface OperationConfig {
  readonly operation?: OperationOptions;
}

/** A method of a controller and what its {@link Operation} says of it. */
export interface DeclaredOperation {
  readonly declare: (decorator: MethodDecorator) => void;
  readonly options: OperationOptions;
}

const declared: DeclaredOperation[] = [];

/** Declares what a controller's method is; the server validates and authorizes by it, and openapi/operations.ts documents by it. */
export function Operation(options: OperationOptions): MethodDecorator {
  const configure = RouteConfig({ operation: options } satisfies OperationConfig);
  return (prototype, name, descriptor) => {
    declared.push({
      options,
      declare: (decorator) => {
        decorator(prototype, name, descriptor);
      },
    });
    return configure(prototype, name, descriptor);
  };
}

/** All operations of the controllers that are loaded. */
export function declaredOperations(): readonly DeclaredOperation[] {
  return declared;
}
