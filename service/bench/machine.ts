/** What the machine is, and how much of the server's core somebody else used while a server was measured. */
import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { SERVER_CORE } from './server.ts';

/** Processor seconds that the server's core has been busy since it was started, whoever used it. */
export function busySeconds(): number {
  const line = new RegExp(`^cpu${SERVER_CORE} (.*)$`, 'm').exec(readFileSync('/proc/stat', 'utf8'))?.[1] ?? '';
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line.split(' ').map(Number);
  return (user + nice + system + irq + softirq + steal) / 100;
}

export function machine(): string {
  const [first] = cpus();
  return `${first?.model.trim()}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`;
}
