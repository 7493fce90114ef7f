import { BadRequestException, Body, Controller, Get, Injectable, Param, Patch, Put } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import * as yaml from 'js-yaml';
import { readFileSync } from 'node:fs';
import { Repository } from 'typeorm';
import { SettingsDocument } from './entities/settings-document.entity.js';

type Scalar = string | number | boolean | null;
type Tree = { [name: string]: Scalar | Tree };

const NAME = /^[a-z][a-zA-Z0-9]{0,39}$/;
const RESERVED = new Set(['__proto__', 'prototype', 'constructor']);
const MAX_DEPTH = 6;

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isScalar(value: unknown): value is Scalar {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

export function mergeTrees(base: Tree, changes: Tree, depth = 0): Tree {
  if (depth > MAX_DEPTH) {
    throw new BadRequestException('settings are nested too deeply');
  }
  const result: Tree = Object.create(null) as Tree;
  for (const [name, value] of Object.entries(base)) {
    result[name] = value;
  }
  for (const [name, value] of Object.entries(changes)) {
    if (RESERVED.has(name) || !NAME.test(name)) {
      throw new BadRequestException(`setting ${JSON.stringify(name)} is not allowed`);
    }
    const current = Object.hasOwn(result, name) ? result[name] : undefined;
    if (isTree(value)) {
      result[name] = mergeTrees(isTree(current) ? current : {}, value, depth + 1);
    } else if (isScalar(value)) {
      result[name] = value;
    }
  }
  return result;
}

@Injectable()
export class SettingsTreeService {
  private readonly defaults = yaml.load(readFileSync('config/settings.yaml', 'utf8'), {
    schema: yaml.CORE_SCHEMA,
  }) as Tree;

  constructor(@InjectRepository(SettingsDocument) private readonly documents: Repository<SettingsDocument>) {}

  async read(tenantId: string): Promise<Tree> {
    const document = await this.documents.findOneBy({ tenantId });
    return mergeTrees(this.defaults, (document?.content ?? {}) as Tree);
  }

  async patch(tenantId: string, changes: unknown): Promise<Tree> {
    if (!isTree(changes)) {
      throw new BadRequestException('an object is expected');
    }
    const content = mergeTrees(await this.read(tenantId), changes);
    await this.documents.upsert({ tenantId, content: JSON.parse(JSON.stringify(content)) }, ['tenantId']);
    return content;
  }

  async importYaml(tenantId: string, text: string): Promise<Tree> {
    const parsed = yaml.load(text, { schema: yaml.FAILSAFE_SCHEMA, filename: 'upload.yaml' });
    return this.patch(tenantId, parsed);
  }

  async exportYaml(tenantId: string): Promise<string> {
    return yaml.dump(JSON.parse(JSON.stringify(await this.read(tenantId))), { noRefs: true, sortKeys: true });
  }

  evaluate(tree: Tree, path: string): Scalar | undefined {
    let node: Scalar | Tree | undefined = tree;
    for (const name of path.split('.').slice(0, MAX_DEPTH)) {
      node = isTree(node) && Object.hasOwn(node, name) ? node[name] : undefined;
    }
    return isTree(node) ? undefined : node;
  }
}

@Controller('tenants/:tenantId/settings')
export class SettingsTreeController {
  constructor(private readonly settings: SettingsTreeService) {}

  @Get()
  read(@Param('tenantId') tenantId: string) {
    return this.settings.read(tenantId);
  }

  @Get(':path')
  async one(@Param('tenantId') tenantId: string, @Param('path') path: string) {
    return { value: this.settings.evaluate(await this.settings.read(tenantId), path) ?? null };
  }

  @Patch()
  patch(@Param('tenantId') tenantId: string, @Body() body: unknown) {
    return this.settings.patch(tenantId, body);
  }

  @Put('yaml')
  importYaml(@Param('tenantId') tenantId: string, @Body('text') text: string) {
    return this.settings.importYaml(tenantId, String(text));
  }
}
