import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { load } from 'js-yaml';
import * as yaml from 'js-yaml';
import { all as jsTypes } from 'js-yaml-js-types';
import { unserialize } from 'node-serialize';
import { readFileSync } from 'node:fs';

function parseDocument(text: string, format: string): unknown {
  switch (format) {
    case 'yaml':
      return load(text);
    case 'yaml+js':
      return load(text, { schema: yaml.CORE_SCHEMA.extend(jsTypes) });
    case 'json':
      return JSON.parse(text);
    default:
      return unserialize(text);
  }
}

@Controller()
export class ConfigLoaderConsumer {
  private readonly defaults = yaml.load(readFileSync('config/defaults.yaml', 'utf8')) as Record<string, unknown>;

  @MessagePattern('config.apply')
  apply(@Payload() message: { text: string; format: string }) {
    const overrides = parseDocument(message.text, message.format) as Record<string, unknown>;
    return { ...this.defaults, ...overrides };
  }

  @MessagePattern('config.keys')
  keys() {
    return Object.keys(this.defaults);
  }
}
