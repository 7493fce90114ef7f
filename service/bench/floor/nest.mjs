/** The same route on Nest's Fastify adapter and nothing else: what Nest itself costs. Plain JavaScript, so that Node runs it: decorators are functions. */
import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';

class HealthController {
  live() {
    return { status: 'ok', info: {}, error: {}, details: {} };
  }
}
Get('live')(HealthController.prototype, 'live', Object.getOwnPropertyDescriptor(HealthController.prototype, 'live'));
Controller('health')(HealthController);

class AppModule {}
Module({ controllers: [HealthController] })(AppModule);

const application = await NestFactory.create(AppModule, new FastifyAdapter({ skipMiddie: true }), {
  logger: false,
  bodyParser: false,
});
await application.listen(Number(process.env.PORT), '127.0.0.1');
