/**
 * Counts the numbered lines of writer.mjs in Loki: node read-back.mjs FROM TO, both in seconds since 1970.
 * Prints {distinct, highest, gaps, unlabelled}: gaps are the ranges of numbers up to the highest that are not there; unlabelled are
 * lines without their own request id, or without one of the four levels.
 */
const [from, to] = process.argv.slice(2).map((seconds) => BigInt(seconds) * 1_000_000_000n);
/** Loki answers with no more at once. */
const LIMIT = 5000;

const numbers = new Set();
let unlabelled = 0;
for (let start = from; ;) {
  const query = new URLSearchParams({
    query: '{service_name="writer"}',
    start: String(start),
    end: String(to),
    limit: String(LIMIT),
    direction: 'forward',
  });
  // As Grafana asks: what is no label is told per line, and does not make a stream of each line.
  const headers = { 'x-loki-response-encoding-flags': 'categorize-labels' };
  const answer = await fetch(`http://loki:3100/loki/api/v1/query_range?${query}`, { headers });
  if (!answer.ok) throw new Error(`Loki answered ${answer.status}: ${await answer.text()}`);
  const { data } = await answer.json();
  let count = 0;
  let latest = start;
  for (const { stream, values } of data.result) {
    for (const [time, line, { structuredMetadata = {} } = {}] of values) {
      count++;
      if (BigInt(time) > latest) latest = BigInt(time);
      const { number } = JSON.parse(line);
      numbers.add(number);
      if (structuredMetadata.request_id !== `drill-${number}` || !/^(DEBUG|INFO|WARN|ERROR)$/.test(stream.level)) unlabelled++;
    }
  }
  if (count < LIMIT) break;
  if (latest === start) throw new Error('one instant holds more lines than a page');
  // From the last instant once more, since a page may end in the middle of it.
  start = latest;
}

let highest = 0;
for (const number of numbers) highest = Math.max(highest, number);
const gaps = [];
for (let number = 1, first = 0; number <= highest + 1; number++) {
  const missing = number <= highest && !numbers.has(number);
  if (missing && !first) first = number;
  if (!missing && first) {
    gaps.push([first, number - 1]);
    first = 0;
  }
}
console.log(JSON.stringify({ distinct: numbers.size, highest, gaps, unlabelled }));
