import { Logger, ValidationPipe, VersioningType } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, NestFastifyApplication } from '@nestjs/platform-fastify';
import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import fastifyStatic from '@fastify/static';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppModule } from './app.module.js';

const PASSWORD_HEADER = 'x-basic-password';
const REDACTED = ['req.headers.authorization', 'req.headers.cookie', `req.headers["${PASSWORD_HEADER}"]`, 'req.body.password'];

function requestId(headers: Record<string, string | string[] | undefined>): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[\w-]{8,64}$/.test(given) ? given : randomUUID();
}

function adapter(): FastifyAdapter {
  const certificate = process.env.TLS_CERT;
  const key = process.env.TLS_KEY;
  const options = {
    trustProxy: 'loopback',
    bodyLimit: 1_048_576,
    genReqId: (req: { headers: Record<string, string | string[] | undefined> }) => requestId(req.headers),
    logger: { level: process.env.LOG_LEVEL ?? 'info', redact: REDACTED },
  };
  if (certificate && key) {
    return new FastifyAdapter({
      ...options,
      https: { cert: readFileSync(certificate), key: readFileSync(key), minVersion: 'TLSv1.2' as const },
    });
  }
  return new FastifyAdapter(options);
}

async function bootstrap() {
  if (process.env.NODE_TLS_REJECT_UNAUTHORIZED !== undefined) {
    throw new Error('NODE_TLS_REJECT_UNAUTHORIZED must not be set');
  }

  const app = await NestFactory.create<NestFastifyApplication>(AppModule, adapter(), { rawBody: true });
  const config = app.get(ConfigService);

  await app.register(helmet, {
    contentSecurityPolicy: {
      directives: { defaultSrc: ["'self'"], imgSrc: ["'self'", 'data:'], objectSrc: ["'none'"] },
    },
  });

  await app.register(cookie, {
    secret: config.getOrThrow<string>('COOKIE_SECRET'),
    parseOptions: { httpOnly: true, secure: true, sameSite: 'lax', path: '/' },
  });

  await app.register(fastifyStatic, {
    root: join(import.meta.dirname, '..', 'public'),
    prefix: '/static/',
    dotfiles: 'ignore',
  });

  const origins = config
    .getOrThrow<string>('CORS_ORIGINS')
    .split(',')
    .map((origin) => origin.trim())
    .filter((origin) => origin.startsWith('https://'));

  app.enableCors({
    origin: origins,
    credentials: true,
    methods: ['GET', 'POST', 'PATCH', 'DELETE'],
    maxAge: 600,
  });

  app.useGlobalPipes(
    new ValidationPipe({
      whitelist: true,
      forbidNonWhitelisted: true,
      transform: true,
      transformOptions: { enableImplicitConversion: false },
    }),
  );
  app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
  app.enableShutdownHooks();

  const port = config.get<number>('PORT', 3000);
  await app.listen(port, config.get<string>('HOST', '127.0.0.1'));
  Logger.log(`listening on ${await app.getUrl()}`, 'bootstrap');
}

bootstrap().catch((error: Error) => {
  Logger.error(error.message, error.stack, 'bootstrap');
  process.exitCode = 1;
});
