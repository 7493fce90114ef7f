/** Returns the request's id, and counts and times requests, the way most Nest applications do: in a global interceptor. */
import { Injectable } from '@nestjs/common';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Counter, Histogram, collectDefaultMetrics } from 'prom-client';
import { tap } from 'rxjs';
import type { Observable } from 'rxjs';

collectDefaultMetrics();
const labelNames = ['method', 'route', 'status'] as const;
const requests = new Counter({ name: 'http_requests_total', help: 'Requests.', labelNames });
const durations = new Histogram({
  name: 'http_request_duration_seconds',
  help: 'Durations.',
  labelNames,
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
});

@Injectable()
export class MetricsInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const started = performance.now();
    const http = context.switchToHttp();
    void http.getResponse<FastifyReply>().header('x-request-id', http.getRequest<FastifyRequest>().id);
    return next.handle().pipe(
      tap(() => {
        const request = http.getRequest<FastifyRequest>();
        const status = http.getResponse<FastifyReply>().statusCode;
        const labels = { method: request.method, route: request.routeOptions.url ?? 'unmatched', status };
        requests.inc(labels);
        durations.observe(labels, (performance.now() - started) / 1_000);
      }),
    );
  }
}
