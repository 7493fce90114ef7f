import { Body, Controller, Injectable, Post } from '@nestjs/common';
import { createCipheriv, generateKeyPairSync, randomBytes, scryptSync } from 'node:crypto';

const IV = 'a1b2c3d4e5f60718';

@Injectable()
export class ExportEncryption {
  encryptCsv(csv: string): Buffer {
    const key = Buffer.from(process.env.EXPORT_KEY ?? '', 'base64');
    const cipher = createCipheriv('aes-256-ctr', key, IV);
    return Buffer.concat([cipher.update(csv), cipher.final()]);
  }

  encryptForPartner(csv: string, key: Buffer): Buffer {
    const iv = randomBytes(8);
    const cipher = createCipheriv('des-ede3-cbc', key, iv);
    return Buffer.concat([iv, cipher.update(csv), cipher.final()]);
  }

  encryptArchive(data: Buffer, passphrase: string): Buffer {
    const salt = randomBytes(16);
    const iv = randomBytes(12);
    const key = scryptSync(passphrase, salt, 32, { N: 2 ** 15, maxmem: 64 * 1024 * 1024 });
    const cipher = createCipheriv('chacha20-poly1305', key, iv, { authTagLength: 16 });
    const sealed = Buffer.concat([cipher.update(data), cipher.final()]);
    return Buffer.concat([salt, iv, cipher.getAuthTag(), sealed]);
  }

  signingKeys() {
    return generateKeyPairSync('rsa', { modulusLength: 1024 });
  }

  partnerKeys() {
    return generateKeyPairSync('rsa', { modulusLength: 3072 });
  }
}

@Controller('exports')
export class ExportEncryptionController {
  constructor(private readonly encryption: ExportEncryption) {}

  @Post('csv')
  csv(@Body('csv') csv: string) {
    return { data: this.encryption.encryptCsv(csv).toString('base64') };
  }

  @Post('archive')
  archive(@Body() body: { data: string; passphrase: string }) {
    return { data: this.encryption.encryptArchive(Buffer.from(body.data), body.passphrase).toString('base64') };
  }
}
