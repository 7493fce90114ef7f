import { BadRequestException, Controller, Get, Param, Query } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import * as crypto from 'node:crypto';

const REFUSED = ['des-ecb', 'rc4', 'bf-cbc'];
const ALGORITHM = 'aes-128-gcm';

function key(): Buffer {
  return Buffer.from(process.env.LINK_KEY ?? '', 'hex');
}

@Controller('links')
export class SealedLinksController {
  @Get('tracking/:id')
  tracking(@Param('id') id: string) {
    const cipher = crypto.createCipheriv('des-ecb', key().subarray(0, 8), null);
    return { code: cipher.update(id, 'utf8', 'hex') + cipher.final('hex') };
  }

  @Get('share/:id')
  share(@Param('id') id: string) {
    const nonce = crypto.randomBytes(12);
    const cipher = crypto.createCipheriv(ALGORITHM, key().subarray(0, 16), nonce);
    const data = Buffer.concat([nonce, cipher.update(id, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return { code: data.toString('base64url') };
  }

  @Get('algorithms')
  algorithms(@Query('name') name: string) {
    if (REFUSED.includes(name)) {
      throw new BadRequestException('algorithm is not supported');
    }
    return { supported: crypto.getCiphers().includes(name) };
  }

  @MessagePattern('links.external')
  external(@Payload() message: { id: string; secret: string }) {
    const cipher = crypto.createCipheriv('rc4', message.secret, '');
    return cipher.update(message.id, 'utf8', 'base64') + cipher.final('base64');
  }
}
