import { Injectable, Logger, NestMiddleware } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import { randomUUID } from 'node:crypto';

@Injectable()
export class RequestTraceMiddleware implements NestMiddleware {
  private readonly logger = new Logger('http');

  use(req: Request, res: Response, next: NextFunction) {
    const id = req.headers['x-request-id'] ?? randomUUID();
    console.log(`${req.method} ${req.path}`, req.headers.authorization);
    res.on('finish', () => {
      this.logger.log(`${String(id)} ${req.method} ${req.path} ${res.statusCode}`);
    });
    next();
  }
}

@Injectable()
export class HeaderTraceMiddleware implements NestMiddleware {
  private readonly logger = new Logger('headers');

  use(req: Request, _res: Response, next: NextFunction) {
    const { authorization, cookie, ...rest } = req.headers;
    this.logger.verbose({ headers: rest, authenticated: Boolean(authorization ?? cookie) });
    next();
  }
}

@Injectable()
export class CookieTraceMiddleware implements NestMiddleware {
  private readonly logger = new Logger('cookies');

  use(req: Request, _res: Response, next: NextFunction) {
    const names = Object.keys(req.cookies ?? {});
    this.logger.debug(`cookies: ${names.join(', ')}`);

    const session = req.cookies?.['sid'];
    if (session) {
      this.logger.debug('request of session ' + session);
    }
    next();
  }
}
