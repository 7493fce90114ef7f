/** Shows which stages run and which have ended: one line kept up to date on a terminal, one line an ending in a pipe. */
import type { StageRecord } from '../model.ts';

/** How often the running line is drawn again, in milliseconds. */
const refresh = 200;

export class Progress {
  private readonly running = new Map<string, number>();
  private readonly out: NodeJS.WriteStream;
  private readonly timer: NodeJS.Timeout | undefined;

  constructor(out: NodeJS.WriteStream) {
    this.out = out;
    if (out.isTTY) this.timer = setInterval(() => this.draw(), refresh).unref();
  }

  started(stage: string): void {
    this.running.set(stage, Date.now());
    if (this.out.isTTY) this.draw();
  }

  finished(record: StageRecord): void {
    this.running.delete(record.stage);
    this.clear();
    this.out.write(`  ${record.stage.padEnd(10)} ${ending(record).padEnd(24)} ${seconds(record.durationMs)}\n`);
    if (this.out.isTTY) this.draw();
  }

  end(): void {
    clearInterval(this.timer);
    this.clear();
  }

  private draw(): void {
    const names = [...this.running].map(([stage, since]) => `${stage} ${seconds(Date.now() - since)}`);
    this.clear();
    const line = names.length > 0 ? `  running: ${names.join(', ')}` : '';
    this.out.write(line.slice(0, (this.out.columns ?? 80) - 1));
  }

  private clear(): void {
    if (this.out.isTTY) this.out.write('\r\x1b[K');
  }
}

/** How the tool ended; what that means is the gate's to say. */
function ending(record: StageRecord): string {
  if (record.absent) return 'nothing to run';
  if (record.notRun) return 'not run';
  if (record.broken) return 'could not run';
  if (record.timedOut) return 'timed out';
  if (record.signal) return `ended by ${record.signal}`;
  return record.exitCode === 0 ? 'done' : `done, exit code ${record.exitCode}`;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
