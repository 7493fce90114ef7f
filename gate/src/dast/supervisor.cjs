/**
 * Runs in the image under scan, on the image's own Node, in front of its command: keeps the last lines of the output and how the process
 * ended, and tells both to whoever asks. Without it an image that crashed would be a closed port and nothing else.
 * Usage: node supervisor.cjs PORT COMMAND… (CommonJS without dependencies, since the image's Node may be an old one.)
 */
'use strict';
const { spawn } = require('child_process');
const http = require('http');
const { StringDecoder } = require('string_decoder');

const [port, program, ...args] = process.argv.slice(2);
const mostLines = 20;
const longestLine = 1000;
const lines = [];
let ended;

const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
keep(child.stdout, process.stdout);
keep(child.stderr, process.stderr);
child.on('error', (error) => {
  ended = `${program} could not be started (${error.code || error.message})`;
});
child.on('close', (code, signal) => {
  ended = ended || (signal ? `ended by ${signal}` : `exit code ${code}`);
});
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => {
    child.kill(signal);
    process.exit(0);
  });
}
http.createServer((request, response) => response.end(JSON.stringify({ ended, lines }))).listen(Number(port));

/** Lines of a stack trace say less than the line above them. */
function keep(stream, through) {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  stream.on('data', (chunk) => {
    through.write(chunk);
    const parts = (rest + decoder.write(chunk)).split('\n');
    rest = parts.pop().slice(-longestLine);
    for (const line of parts) {
      if (line.trim() === '' || /^\s+at |^Node\.js v|^\s*[}\]]/.test(line)) continue;
      lines.push(line.slice(0, longestLine));
      if (lines.length > mostLines) lines.shift();
    }
  });
}
