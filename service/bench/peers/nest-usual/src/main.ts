/** Nest as its documentation and most tutorials put it together: nestjs-pino, a global interceptor, helmet, class-validator, repositories. */
import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import helmet from '@fastify/helmet';
import { Module, ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Logger, LoggerModule } from 'nestjs-pino';
import { MetricsInterceptor } from './metrics.interceptor.js';
import { Release } from './release.js';
import { HealthController, ReleasesController } from './releases.controller.js';

@Module({
  imports: [
    LoggerModule.forRoot({
      // Its default route matches nothing on Fastify with this Nest: it would log nothing.
      forRoutes: ['{*splat}'],
    }),
    TypeOrmModule.forRoot({
      type: 'postgres',
      url: process.env['DATABASE_URL']!,
      entities: [Release],
      poolSize: 10,
      extra: { options: '-c timezone=UTC -c jit=off' },
    }),
    TypeOrmModule.forFeature([Release]),
  ],
  controllers: [HealthController, ReleasesController],
})
class AppModule {}

const adapter = new FastifyAdapter({
  genReqId: ({ headers: { 'x-request-id': given } }: Pick<IncomingMessage, 'headers'>) =>
    typeof given === 'string' ? given : randomUUID(),
});
const application = await NestFactory.create<NestFastifyApplication>(AppModule, adapter, { bufferLogs: true });
application.useLogger(application.get(Logger));
await application.register(helmet);
application.useGlobalPipes(new ValidationPipe({ transform: true, whitelist: true, forbidNonWhitelisted: true }));
application.useGlobalInterceptors(new MetricsInterceptor());
await application.listen(Number(process.env['PORT']), '127.0.0.1');
