/**
 * The log drill's voice: writes numbered lines in the API's own fields, at a pace that it is told.
 * GET /pace?lines=PER_SECOND&bytes=EACH&from=NUMBER sets it (0 lines: silence) and answers {written}, the number of the last line.
 * Asked to stop, it writes FAREWELL more, as a service does that says why it ends.
 */
import { createServer } from 'node:http';

const FAREWELL = 50;

let written = 0;
let lines = 0;
let bytes = 300;
/** Lines that are due and not written yet, with their fraction. */
let due = 0;
let last = performance.now();

setInterval(() => {
  const now = performance.now();
  due = Math.min(due + ((now - last) / 1000) * lines, lines);
  last = now;
  for (; due >= 1; due--) write();
}, 20);

process.on('SIGTERM', () => {
  for (let i = 0; i < FAREWELL; i++) write();
  process.exit();
});

function write() {
  const number = ++written;
  const entry = {
    timestamp: new Date().toISOString(),
    level: number % 100 === 0 ? 'WARN' : 'INFO',
    request_id: `drill-${number}`,
    message: 'a numbered line',
    number,
    padding: '',
  };
  entry.padding = '.'.repeat(Math.max(0, bytes - JSON.stringify(entry).length - 1));
  process.stdout.write(`${JSON.stringify(entry)}\n`);
}

createServer((request, response) => {
  const { searchParams } = new URL(request.url, 'http://writer');
  if (searchParams.has('lines')) lines = Number(searchParams.get('lines'));
  if (searchParams.has('bytes')) bytes = Number(searchParams.get('bytes'));
  if (searchParams.has('from')) written = Number(searchParams.get('from'));
  if (lines === 0) due = 0;
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ written }));
}).listen(8000, '0.0.0.0');
