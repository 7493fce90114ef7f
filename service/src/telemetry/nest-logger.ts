/** Lets Nest's and TypeORM's own messages appear in the log like all others. */
import type { LoggerService } from '@nestjs/common';
import type { Logger as TypeOrmLogger } from 'typeorm';
import type { Logger } from './logger.js';
import { redacted } from './redaction.js';

/** Nest's messages: start-up chatter becomes DEBUG, since it says nothing about the service's work. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.logger.debug({ context: context(rest) }, redacted(String(message)));
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.logger.warn({ context: context(rest) }, redacted(String(message)));
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.logger.error(
      { context: context(rest), error: message instanceof Error ? message : stack(rest) },
      redacted(String(message)),
    );
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.log(message, ...rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.log(message, ...rest);
  }
}

/** TypeORM's messages. It runs only migrations and the pool here; the service's own statements are logged where they are run. */
export class TypeOrmMessages implements TypeOrmLogger {
  constructor(private readonly logger: Logger) {}

  logQuery(query: string): void {
    this.logger.debug({ query: redacted(query) }, 'TypeORM statement');
  }

  logQueryError(error: string | Error, query: string): void {
    this.logger.error({ error, query: redacted(query) }, 'TypeORM statement failed');
  }

  logQuerySlow(time: number, query: string): void {
    this.logger.warn({ duration_ms: time, query: redacted(query) }, 'slow TypeORM statement');
  }

  logSchemaBuild(message: string): void {
    this.logger.debug(redacted(message));
  }

  logMigration(message: string): void {
    this.logger.info(redacted(message));
  }

  log(level: 'log' | 'info' | 'warn', message: unknown): void {
    this.logger[level === 'log' ? 'debug' : level](redacted(String(message)));
  }
}

/** Nest passes the name of the class that speaks last. */
function context(rest: readonly unknown[]): unknown {
  return rest.at(-1);
}

function stack(rest: readonly unknown[]): unknown {
  return rest.length > 1 ? rest[0] : undefined;
}
