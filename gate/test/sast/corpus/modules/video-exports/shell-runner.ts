import { Injectable } from '@nestjs/common';
import { exec, execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execAsync = promisify(exec);
const execFileAsync = promisify(execFile);

@Injectable()
export class ShellRunner {
  async run(command: string): Promise<string> {
    const { stdout } = await execAsync(command, { timeout: 60_000 });
    return stdout;
  }

  async program(file: string, args: string[]): Promise<string> {
    const { stdout } = await execFileAsync(file, args, { timeout: 10_000 });
    return stdout;
  }
}
