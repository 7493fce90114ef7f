import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, NestFastifyApplication } from '@nestjs/platform-fastify';
import cors from '@fastify/cors';
import { GatewayModule } from './gateway.module.js';
import { InternalModule } from './internal.module.js';
import { PublicModule } from './public.module.js';

async function bootstrap() {
  const app = await NestFactory.create<NestFastifyApplication>(GatewayModule, new FastifyAdapter());
  app.enableCors({
    credentials: true,
    origin: (origin, callback) => callback(null, true),
  });
  await app.listen(3000, '0.0.0.0');

  const internal = await NestFactory.create<NestFastifyApplication>(InternalModule, new FastifyAdapter());
  await internal.register(cors, {
    credentials: true,
    origin: (origin: string | undefined, callback: (err: Error | null, allow: boolean) => void) => {
      callback(null, origin === undefined || origin.endsWith('example.com'));
    },
  });
  await internal.listen(3010, '127.0.0.1');

  const allowed = (process.env.CORS_ORIGINS ?? '').split(',').filter(Boolean);
  const open = await NestFactory.create<NestFastifyApplication>(PublicModule, new FastifyAdapter());
  await open.register(cors, {
    credentials: true,
    origin: (origin: string | undefined, callback: (err: Error | null, allow: boolean) => void) => {
      callback(null, origin !== undefined && allowed.includes(origin));
    },
  });
  await open.listen(3020, '0.0.0.0');
}

void bootstrap();
