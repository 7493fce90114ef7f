import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import session from 'express-session';
import { StorefrontModule } from './storefront.module.js';
import { BackofficeModule } from './backoffice.module.js';
import { sessionStore } from './session-store.js';

function sessionSecret(): string {
  const value = process.env.SESSION_SECRET;
  if (!value) {
    throw new Error('SESSION_SECRET is not set');
  }
  return value;
}

async function bootstrap() {
  const shop = await NestFactory.create<NestExpressApplication>(StorefrontModule);
  shop.use(
    session({
      secret: sessionSecret(),
      resave: false,
      saveUninitialized: false,
      store: sessionStore('shop'),
      cookie: { httpOnly: false, secure: false, maxAge: 86_400_000 },
    }),
  );
  await shop.listen(3000);

  const office = await NestFactory.create<NestExpressApplication>(BackofficeModule);
  office.set('trust proxy', 1);
  office.use(
    session({
      name: '__Host-office',
      secret: sessionSecret(),
      resave: false,
      saveUninitialized: false,
      store: sessionStore('office'),
      cookie: { httpOnly: true, secure: true, sameSite: 'strict', maxAge: 3_600_000 },
    }),
  );
  await office.listen(3100);
}

void bootstrap();
