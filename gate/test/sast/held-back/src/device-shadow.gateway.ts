import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { EventPattern, Payload } from '@nestjs/microservices';

type Json = { [key: string]: any };

const REPORTED = ['temperature', 'humidity', 'battery'] as const;

function assignAll(into: Json, from: Json, depth = 0): Json {
  Object.entries(from).forEach(([name, value]) => {
    if (depth < 8 && typeof value === 'object' && value !== null && typeof into[name] === 'object') {
      assignAll(into[name], value, depth + 1);
    } else {
      into[name] = value;
    }
  });
  return into;
}

@WebSocketGateway()
export class DeviceShadowGateway {
  private readonly desired: Json = { interval: 60, led: { on: false } };
  private readonly reported: Json = {};

  @SubscribeMessage('desired')
  onDesired(@MessageBody() changes: Json) {
    return assignAll(this.desired, changes);
  }

  @SubscribeMessage('reported')
  onReported(@MessageBody() values: Json) {
    for (const name of REPORTED) {
      if (typeof values[name] === 'number') {
        this.reported[name] = values[name];
      }
    }
    return this.reported;
  }

  @EventPattern('device.tags')
  onTags(@Payload() message: { device: string; tag: string; value: string }) {
    const tags = this.tagsOf(message.device);
    tags.set(message.tag, message.value);
  }

  @EventPattern('device.meta')
  onMeta(@Payload() { section, key, value }: { section: string; key: string; value: unknown }) {
    const holder = this.desired[section];
    holder[key] = value;
  }

  private readonly tags = new Map<string, Map<string, string>>();

  private tagsOf(device: string): Map<string, string> {
    let found = this.tags.get(device);
    if (!found) {
      found = new Map();
      this.tags.set(device, found);
    }
    return found;
  }
}
