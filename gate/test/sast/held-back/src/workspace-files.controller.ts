import { Body, Controller, Delete, Post } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { randomUUID } from 'node:crypto';
import { promises as fs } from 'node:fs';
import { join, relative, resolve, isAbsolute } from 'node:path';

const WORKSPACE = resolve(process.env.WORKSPACE_DIR ?? './workspace');

function locate(input: string): string {
  const full = resolve(WORKSPACE, input);
  const rel = relative(WORKSPACE, full);
  if (rel === '' || rel.startsWith('..') || isAbsolute(rel)) {
    throw new Error('path outside of the workspace');
  }
  return full;
}

@Controller('workspace')
export class WorkspaceFilesController {
  @Post('notes')
  async createNote(@Body('text') text: string) {
    const id = randomUUID();
    await fs.writeFile(join(WORKSPACE, 'notes', `${id}.md`), text, 'utf8');
    return { id };
  }

  @Post('files')
  async write(@Body() body: { path: string; content: string }) {
    const destination = WORKSPACE + '/' + body.path;
    await fs.writeFile(destination, body.content, 'utf8');
    return { written: body.content.length };
  }

  @Delete('files')
  async remove(@Body('path') path: string) {
    await fs.unlink(locate(path));
  }

  @EventPattern('workspace.discarded')
  async discard(@Payload() event: { folder: string }) {
    await fs.rm(join(WORKSPACE, event.folder), { recursive: true, force: true });
  }
}
