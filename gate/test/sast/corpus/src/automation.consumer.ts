import { Controller } from '@nestjs/common';
import { EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import { createContext, runInNewContext, Script } from 'node:vm';

const SCORE = new Script('clicks * 2 + purchases * 10');

interface Rule {
  name: string;
  when: string;
  then: string;
}

@Controller()
export class AutomationConsumer {
  private readonly rules = new Map<string, Rule>();

  @EventPattern('automation.rule.saved')
  save(@Payload() rule: Rule) {
    this.rules.set(rule.name, rule);
  }

  @MessagePattern('automation.evaluate')
  evaluate(@Payload() { expression, facts }: { expression: string; facts: Record<string, unknown> }) {
    return runInNewContext(expression, { facts }, { timeout: 200 });
  }

  @MessagePattern('automation.score')
  score(@Payload() counters: { clicks: number; purchases: number }) {
    const context = createContext({ clicks: Number(counters.clicks), purchases: Number(counters.purchases) });
    return SCORE.runInContext(context, { timeout: 50 });
  }

  @MessagePattern('automation.run')
  run(@Payload() message: { rule: string; input: unknown }) {
    const rule = this.rules.get(message.rule);
    if (!rule) {
      return null;
    }
    const script = new Script('(' + rule.then + ')(input)');
    return script.runInNewContext({ input: message.input });
  }
}
