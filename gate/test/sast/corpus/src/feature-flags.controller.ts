import { BadRequestException, Body, Controller, Get, Param, Put } from '@nestjs/common';

interface FlagUpdate {
  value: unknown;
}

const GROUPS = ['checkout', 'search', 'account'];

@Controller('flags')
export class FeatureFlagsController {
  private readonly flags: Record<string, Record<string, unknown>> = {};
  private readonly limits = new Map<string, Map<string, unknown>>();
  private readonly rollout: Record<string, Record<string, unknown>> = Object.create(null);

  @Put('values/:group/:name')
  set(@Param('group') group: string, @Param('name') name: string, @Body() body: FlagUpdate) {
    this.flags[group] ??= {};
    this.flags[group][name] = body.value;
    return this.flags[group];
  }

  @Put('limits/:group/:name')
  setLimit(@Param('group') group: string, @Param('name') name: string, @Body() body: FlagUpdate) {
    const entries = this.limits.get(group) ?? new Map<string, unknown>();
    entries.set(name, body.value);
    this.limits.set(group, entries);
    return Object.fromEntries(entries);
  }

  @Put('rollout/:group/:name')
  setRollout(@Param('group') group: string, @Param('name') name: string, @Body() body: FlagUpdate) {
    if (!GROUPS.includes(group)) {
      throw new BadRequestException('unknown group');
    }
    this.rollout[group] ??= Object.create(null) as Record<string, unknown>;
    this.rollout[group][name] = body.value;
    return this.rollout[group];
  }

  @Put('bulk')
  bulk(@Body() body: { updates: Array<{ path: string; value: unknown }> }) {
    for (const { path, value } of body.updates) {
      const keys = path.split('.');
      const last = keys.pop() as string;
      let node: any = this.flags;
      for (const key of keys) {
        node = node[key] ??= {};
      }
      node[last] = value;
    }
    return { updated: body.updates.length };
  }

  @Get()
  all() {
    return this.flags;
  }
}
