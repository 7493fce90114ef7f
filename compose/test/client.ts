/** A client in a thread of its own: forty requests a second until it is told to stop; then it says how many had which answer. */
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';

const answers: Record<string, number> = {};
const open: Promise<void>[] = [];
let stop = false;
parentPort!.on('message', () => (stop = true));

while (!stop) {
  open.push(ask());
  await sleep(25);
}
await Promise.all(open);
parentPort!.postMessage(answers);
parentPort!.close();

async function ask(): Promise<void> {
  let word: string;
  try {
    const answer = await fetch(workerData as string, { signal: AbortSignal.timeout(20_000) });
    await answer.arrayBuffer();
    word = String(answer.status);
  } catch (error) {
    word = String((error as Error).cause ?? error);
  }
  answers[word] = (answers[word] ?? 0) + 1;
}
