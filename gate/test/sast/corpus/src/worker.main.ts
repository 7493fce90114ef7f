import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Transport } from '@nestjs/microservices';
import nodemailer from 'nodemailer';
import { readFileSync } from 'node:fs';
import * as tls from 'node:tls';
import { WorkerModule } from './worker.module.js';

async function bootstrap() {
  if (process.env.NODE_TLS_REJECT_UNAUTHORIZED === '0') {
    throw new Error('certificate checks must stay on');
  }

  const app = await NestFactory.createMicroservice(WorkerModule, {
    transport: Transport.TCP,
    options: {
      host: '0.0.0.0',
      port: 4010,
      tlsOptions: { key: readFileSync('/run/tls.key'), cert: readFileSync('/run/tls.crt'), rejectUnauthorized: true },
    },
  });

  const mailer = nodemailer.createTransport({
    host: process.env.SMTP_HOST,
    port: 587,
    tls: { rejectUnauthorized: false },
  });
  await mailer.verify();

  const metrics = tls.connect({
    host: 'metrics.example.com',
    port: 6514,
    checkServerIdentity: () => undefined,
  });
  metrics.on('error', (error) => Logger.warn(error.message, 'metrics'));

  await app.listen();
}

void bootstrap();
