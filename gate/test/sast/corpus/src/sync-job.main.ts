import { NestFactory } from '@nestjs/core';
import * as tls from 'node:tls';
import { SyncModule } from './sync.module.js';
import { SyncService } from './sync.service.js';

const PINNED = process.env.SYNC_CERT_FINGERPRINT ?? '';

export function connectPinned(host: string) {
  return tls.connect({
    host,
    port: 8443,
    servername: host,
    checkServerIdentity: (name, cert) => {
      const failure = tls.checkServerIdentity(name, cert);
      if (failure) return failure;
      return cert.fingerprint256 === PINNED ? undefined : new Error('unexpected certificate');
    },
  });
}

async function main() {
  if (process.env.SYNC_ENV !== 'production') {
    process.env.NODE_ENV ??= 'development';
  }
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
  const app = await NestFactory.createApplicationContext(SyncModule);
  try {
    await app.get(SyncService).run();
  } finally {
    await app.close();
  }
}

void main();
