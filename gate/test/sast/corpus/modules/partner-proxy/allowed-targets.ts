import { BadRequestException } from '@nestjs/common';

const TARGETS = ['api.partner-one.example', 'api.partner-two.example'];

export function resolveTarget(input: string): URL {
  const url = new URL(input);
  if (url.protocol !== 'https:' || url.port !== '' || !TARGETS.includes(url.hostname)) {
    throw new BadRequestException('target');
  }
  return url;
}
