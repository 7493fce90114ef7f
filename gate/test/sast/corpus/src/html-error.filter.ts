import { ArgumentsHost, Catch, ExceptionFilter, HttpException } from '@nestjs/common';
import type { Request, Response } from 'express';

@Catch(HttpException)
export class HtmlErrorFilter implements ExceptionFilter {
  catch(exception: HttpException, host: ArgumentsHost) {
    const http = host.switchToHttp();
    const req = http.getRequest<Request>();
    const res = http.getResponse<Response>();
    const status = exception.getStatus();

    if (req.accepts(['json', 'html']) === 'json') {
      res.status(status).json({ status, path: req.path, message: exception.message });
      return;
    }

    const returnTo = typeof req.query.returnTo === 'string' ? req.query.returnTo : '/';
    res
      .status(status)
      .set('Content-Type', 'text/html')
      .send(`<h1>Error ${status}</h1><p>Go back to ${returnTo}</p>`);
  }
}

@Catch()
export class FallbackFilter implements ExceptionFilter {
  catch(_exception: unknown, host: ArgumentsHost) {
    const res = host.switchToHttp().getResponse<Response>();
    const reference = Date.now().toString(36);
    res.status(500).type('html').send(`<h1>Internal error</h1><p>Reference ${reference}</p>`);
  }
}
