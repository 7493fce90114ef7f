import { BadRequestException, Controller, Get, Param, Query, Req } from '@nestjs/common';
import { execFile } from 'node:child_process';
import * as cp from 'node:child_process';
import type { Request } from 'express';

const TAG = /^v(\d+)\.(\d+)\.(\d+)$/;

function git(args: string): Promise<string> {
  return new Promise((resolve, reject) => {
    cp.exec('git ' + args, { cwd: '/srv/app', maxBuffer: 4_000_000 }, (err, stdout) => {
      if (err) return reject(err);
      resolve(stdout);
    });
  });
}

@Controller('release-notes')
export class ReleaseNotesController {
  @Get('branch')
  async branch(@Req() req: Request) {
    const { name } = req.query as Record<string, string>;
    const log = await git(`log --oneline -n 50 ${name}`);
    return log.trim().split('\n');
  }

  @Get('tag/:tag')
  tag(@Param('tag') tag: string) {
    const match = TAG.exec(tag);
    if (!match) {
      throw new BadRequestException('tag must look like v1.2.3');
    }
    return new Promise((resolve, reject) => {
      execFile('git', ['show', '--no-patch', '--format=%B', match[0]], { cwd: '/srv/app' }, (err, stdout) =>
        err ? reject(err) : resolve({ tag, message: stdout }),
      );
    });
  }

  @Get('diff')
  diff(@Query('from') from: string, @Query('to') to: string) {
    const script = `git diff --stat ${from}..${to}`;
    return new Promise((resolve) => {
      execFile('/bin/bash', ['-c', script], { cwd: '/srv/app' }, (_err, stdout) => resolve({ stdout }));
    });
  }
}
