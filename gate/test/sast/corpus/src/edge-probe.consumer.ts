import { Controller, Logger } from '@nestjs/common';
import { EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import { request as httpRequest } from 'node:http';
import { request } from 'undici';

const REGIONS = new Map([
  ['eu', 'edge-eu.internal.example.net'],
  ['us', 'edge-us.internal.example.net'],
]);

@Controller()
export class EdgeProbeConsumer {
  private readonly logger = new Logger(EdgeProbeConsumer.name);

  @MessagePattern('edge.health')
  async health(@Payload() { host }: { host: string }) {
    const { statusCode, body } = await request(`http://${host}/health`);
    return { statusCode, detail: await body.text() };
  }

  @MessagePattern('edge.region')
  async region(@Payload('region') region: string) {
    const host = REGIONS.get(region) ?? 'edge-eu.internal.example.net';
    const { statusCode } = await request(`http://${host}/health`);
    return { statusCode };
  }

  @EventPattern('edge.purge')
  purge(@Payload() event: { hostname: string; port?: number; key: string }) {
    const req = httpRequest(
      { hostname: event.hostname, port: event.port ?? 80, method: 'PURGE', path: `/${encodeURIComponent(event.key)}` },
      (res) => this.logger.log(`purge answered ${res.statusCode}`),
    );
    req.end();
  }

  @EventPattern('edge.warm')
  warm(@Payload() event: { key: string }) {
    const req = httpRequest(
      { hostname: 'cache.internal.example.net', method: 'GET', path: `/${encodeURIComponent(event.key)}` },
      (res) => res.resume(),
    );
    req.end();
  }
}
