import { Injectable } from '@nestjs/common';
import { exec, spawn } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PrintJobDto } from './print-job.dto.js';

const run = promisify(exec);

@Injectable()
export class PrintQueueService {
  print(job: PrintJobDto): Promise<number | null> {
    const file = join('/srv/print', `${job.documentId}.pdf`);
    const child = spawn('lp', ['-d', job.printer, '-n', String(job.copies), file]);
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
  }

  async state(printer: string) {
    const { stdout } = await run(`lpstat -p ${printer}`);
    return { printer, idle: stdout.includes('is idle') };
  }
}
