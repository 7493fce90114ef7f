import { NestFactory } from '@nestjs/core';
import { NestExpressApplication } from '@nestjs/platform-express';
import { AdminModule } from './admin.module.js';
import { ReportsModule } from './reports.module.js';

const CONSOLE_ORIGINS = ['https://console.example.com', 'https://ops.example.com'];

async function bootstrap() {
  const app = await NestFactory.create<NestExpressApplication>(AdminModule);
  app.enableCors({ origin: true, credentials: true });
  await app.listen(3001);

  const reports = await NestFactory.create<NestExpressApplication>(ReportsModule);
  reports.enableCors({
    origin: CONSOLE_ORIGINS,
    credentials: true,
    methods: ['GET', 'HEAD'],
  });
  await reports.listen(3002);
}

void bootstrap();
