import { Controller } from '@nestjs/common';
import { EventPattern, MessagePattern, Payload } from '@nestjs/microservices';

const HEADER = /^(?:\s*[\w-]+\s*,?)+:$/;
const LEVEL = /^\[(DEBUG|INFO|WARN|ERROR)\] /;
const QUOTED = /^"((?:[^"\\]|\\.)*)"$/;
const TAGS = /^(([a-z]+)*;)*$/;

@Controller()
export class LogParserConsumer {
  private readonly counts: Map<string, number> = new Map();

  @EventPattern('log.line')
  onLine(@Payload() event: { line: string }) {
    const level = LEVEL.exec(event.line)?.[1] ?? 'INFO';
    this.counts.set(level, (this.counts.get(level) ?? 0) + 1);
  }

  @MessagePattern('log.header')
  isHeader(@Payload() event: { line: string }) {
    return HEADER.test(event.line);
  }

  @MessagePattern('log.message')
  message(@Payload() event: { raw: string }) {
    const match = event.raw.match(QUOTED);
    return match ? match[1] : event.raw;
  }

  @MessagePattern('log.tags')
  tags(@Payload('tags') tags: string) {
    return TAGS.test(tags) ? tags.split(';') : [];
  }

  @MessagePattern('log.levels')
  levels() {
    return Object.fromEntries(this.counts);
  }
}
