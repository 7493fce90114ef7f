/** Stands in for ZAP where its own faults can't be had at will: does what the plan says, keeps requests with their headers, and breaks as FAKE_ZAP tells it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Job {
  type: string;
  parameters: Record<string, string>;
  requests?: { url: string; method: string; headers: string[]; data?: string }[];
}
interface Entry {
  startedDateTime: string;
  request: object;
  response: object;
}

const fault = process.env['FAKE_ZAP'] ?? '';
const planFile = process.argv[process.argv.indexOf('-autorun') + 1]!;
const { jobs } = JSON.parse(readFileSync(planFile, 'utf8')) as { jobs: Job[] };
const header = process.env['ZAP_AUTH_HEADER'];
const value = process.env['ZAP_AUTH_HEADER_VALUE'];
const authorization: Record<string, string> = header && value ? { [header]: value } : {};
const entries: Entry[] = [];

if (fault === 'hang') setInterval(() => undefined, 1000);
else if (fault === 'killed') process.kill(process.pid, 'SIGKILL');
else await run();

async function run(): Promise<void> {
  const folder = jobs.find(({ type }) => type === 'report')!.parameters['reportDir']!;
  for (const { requests = [] } of jobs) {
    for (const { url, method, headers, data } of requests) {
      const given = Object.fromEntries(headers.map((line) => line.split(/:(.*)/s) as [string, string]));
      await send(method, url, given, data);
    }
  }
  const { apiFile, targetUrl } = jobs.find(({ type }) => type === 'openapi')!.parameters;
  const { paths } = JSON.parse(readFileSync(apiFile!, 'utf8')) as { paths: Record<string, Record<string, unknown>> };
  for (const [path, methods] of Object.entries(paths)) {
    const url = `${targetUrl}${path.replace(/\{\w+\}/g, 'none')}`;
    for (const method of Object.keys(methods))
      await send(method.toUpperCase(), url, {}, method === 'post' ? '{"colour":"green"}' : undefined);
  }
  console.log('the plan has run');
  const log = { version: '1.2', creator: { name: 'ZAP', version: '2.17.0' }, entries };
  // With a space in front of the colon, as ZAP writes it.
  const har = JSON.stringify({ log }, null, 2).replaceAll('": ', '" : ');
  if (fault !== 'no report') writeFileSync(join(folder, 'zap.har'), fault === 'truncated' ? har.slice(0, -40) : har);
  const created = new Date().toISOString();
  const alerts = { '@programName': 'ZAP', '@version': '2.17.0', created, site: [{ '@name': targetUrl, alerts: [] }] };
  writeFileSync(join(folder, 'zap.json'), JSON.stringify(alerts));
  writeFileSync(join(folder, 'zap.html'), `<p>${value}</p>`);
  if (fault === 'job error') process.exitCode = 1;
}

async function send(method: string, url: string, headers: Record<string, string>, body?: string): Promise<void> {
  const sent = { ...headers, ...authorization };
  const startedDateTime = new Date().toISOString();
  const request = { method, url, headers: Object.entries(sent).map(([name, text]) => ({ name, value: text })) };
  try {
    const response = await fetch(url, { method, headers: sent, ...(body !== undefined && { body }) });
    const text = Buffer.from(await response.text()).toString('base64');
    entries.push({
      startedDateTime,
      request,
      response: { status: response.status, content: { text, encoding: 'base64' } },
    });
  } catch {
    entries.push({ startedDateTime, request, response: { status: 0 } });
  }
}
