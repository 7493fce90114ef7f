import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { RuleEngine } from './rule-engine.js';

@WebSocketGateway({ namespace: 'alerts' })
export class AlertRulesGateway {
  constructor(private readonly engine: RuleEngine) {}

  @SubscribeMessage('rule.try')
  tryRule(@MessageBody() message: { condition: string; sample: Record<string, number> }) {
    return { event: 'rule.result', data: this.engine.matches(message.condition, message.sample) };
  }

  @SubscribeMessage('rule.threshold')
  threshold(@MessageBody() message: { name: string; value: number }) {
    return { event: 'rule.result', data: this.engine.above(message.name, message.value) };
  }
}
