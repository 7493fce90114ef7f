import { Controller } from '@nestjs/common';
import { EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import { PresetCodec } from './preset-codec.js';

@Controller()
export class LayoutPresetsConsumer {
  private readonly presets = new Map<string, unknown>();

  constructor(private readonly codec: PresetCodec) {}

  @EventPattern('preset.saved')
  saved(@Payload() event: { name: string; document: string }) {
    this.presets.set(event.name, this.codec.parse(event.document));
  }

  @MessagePattern('preset.preview')
  preview(@Payload() message: { document: string }) {
    return this.codec.plain(message.document);
  }
}
