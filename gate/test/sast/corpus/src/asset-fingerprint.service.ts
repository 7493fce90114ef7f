import { Controller, Get, Injectable, Param, ParseUUIDPipe, Post, Body, Headers } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

@Injectable()
export class AssetFingerprintService {
  private readonly etags = new Map<string, string>();

  async etag(id: string): Promise<string> {
    const cached = this.etags.get(id);
    if (cached) {
      return cached;
    }
    const content = await readFile(join('/srv/assets', id));
    const etag = createHash('md5').update(content).digest('base64url');
    this.etags.set(id, etag);
    return etag;
  }

  cacheKey(query: Record<string, string>): string {
    return createHash('sha1').update(JSON.stringify(query)).digest('hex');
  }
}

@Injectable()
export class AssetAccountService {
  private readonly accounts = new Map<string, string>();

  open(user: string, passphrase: string) {
    const digest = createHash('sha512');
    digest.update(passphrase);
    this.accounts.set(user, digest.digest('hex'));
  }
}

@Controller('assets')
export class AssetController {
  constructor(
    private readonly fingerprints: AssetFingerprintService,
    private readonly accounts: AssetAccountService,
  ) {}

  @Get(':id/etag')
  async etag(@Param('id', ParseUUIDPipe) id: string, @Headers('if-none-match') previous?: string) {
    const etag = await this.fingerprints.etag(id);
    return { etag, changed: etag !== previous };
  }

  @Post('accounts')
  open(@Body() body: { user: string; passphrase: string }) {
    this.accounts.open(body.user, body.passphrase);
  }
}
