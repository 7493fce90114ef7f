import { Body, Controller, Get, Injectable, Patch } from '@nestjs/common';

type Tree = Record<string, any>;

const DEFAULTS: Tree = { theme: 'light', mail: { digest: 'weekly', promotions: false } };

function mergeDeep(target: Tree, source: Tree): Tree {
  for (const key in source) {
    if (source[key] && typeof source[key] === 'object') {
      if (!target[key]) {
        target[key] = {};
      }
      mergeDeep(target[key], source[key]);
    } else {
      target[key] = source[key];
    }
  }
  return target;
}

function overlay(target: Tree, source: Tree): Tree {
  for (const key of Object.keys(source)) {
    if (key === '__proto__' || key === 'constructor' || key === 'prototype') {
      continue;
    }
    const value = source[key];
    if (value && typeof value === 'object' && !Array.isArray(value)) {
      target[key] = overlay(Object.hasOwn(target, key) ? target[key] : {}, value);
    } else {
      target[key] = value;
    }
  }
  return target;
}

@Injectable()
export class PreferencesService {
  private current: Tree = structuredClone(DEFAULTS);

  replace(changes: Tree) {
    this.current = mergeDeep(structuredClone(DEFAULTS), changes);
    return this.current;
  }

  patch(changes: Tree) {
    this.current = overlay(this.current, changes);
    return this.current;
  }

  read() {
    return this.current;
  }
}

@Controller('preferences')
export class PreferencesController {
  constructor(private readonly preferences: PreferencesService) {}

  @Get()
  read() {
    return this.preferences.read();
  }

  @Patch()
  patch(@Body() body: Tree) {
    return this.preferences.patch(body);
  }

  @Patch('reset')
  reset(@Body() body: Tree) {
    return this.preferences.replace(body);
  }
}
