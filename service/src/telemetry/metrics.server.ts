/** Serves /metrics on a port of its own, so that no route of the public one can ever reach it. */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import type { Registry } from 'prom-client';
import { CONFIGURATION } from '../configuration.js';
import type { Configuration } from '../configuration.js';
import { LOGGER } from './logger.js';
import type { Logger } from './logger.js';
import { REGISTRY } from './registry.js';

@Injectable()
export class MetricsServer implements OnApplicationShutdown {
  #server: Server | undefined;

  constructor(
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
    @Inject(REGISTRY) private readonly registry: Registry,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Starts listening and returns the port. */
  async listen(): Promise<number> {
    const { METRICS_HOST, METRICS_PORT } = this.configuration;
    const server = createServer((request, response) => {
      if (request.url !== '/metrics' || request.method !== 'GET') {
        response.writeHead(404).end();
        return;
      }
      this.registry.metrics().then(
        (text) => response.writeHead(200, { 'content-type': this.registry.contentType }).end(text),
        (error: unknown) => {
          this.logger.error({ error }, 'the metrics could not be collected');
          response.writeHead(500).end();
        },
      );
    });
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(METRICS_PORT, METRICS_HOST, resolve);
    });
    return (server.address() as AddressInfo).port;
  }

  /** Last of all, so that the final figures can still be scraped while the process drains. */
  onApplicationShutdown(): void {
    this.#server?.close();
    this.#server?.closeAllConnections();
  }
}
