/**
 * dast: ZAP against the running image, by its OpenAPI document. The runner names the target by environment variables:
 * DAST_TARGET (its address), DAST_MONITOR (its supervisor's), DAST_TOKEN_FILE (a file with the token of this run), DAST_PLATFORM (which
 * of the archive's images it is, where there are several).
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { automationPlan, dastReports } from '../dast/automation.ts';
import { filledIn, fillVariables, readSeed, type Seed } from '../dast/seed.ts';
import { fetchDocument, prepare, type Target, tokenValue, untilReady, whyEnded } from '../dast/target.ts';
import { type Reading, type StageRecord, UsageError } from '../model.ts';
import { imagesIn } from '../oci/unpack.ts';
import { bestStatus, isReached, operationName } from '../operations.ts';
import type { StagePolicy } from '../policy.ts';
import { openapi } from '../readers/openapi.ts';
import { Report, UnreadableReport } from '../readers/report.ts';
import type { NoPlan, StageDefinition } from './stage.ts';

/** Enough for an API of some hundred operations; a quarter of the machine's memory, which ZAP takes by itself, would be too much beside other stages. */
const heap = '-Xmx1g';
/** How long an image may take until it is ready; never longer than the stage itself. */
const mostSecondsToStart = 120;
type Subject = NonNullable<StageRecord['subject']>;

const redacted = '[redacted]';
/** A shorter text stands by chance in any report. */
const shortestSecret = 8;

export const dast: StageDefinition = {
  name: 'dast',
  summary: 'ZAP against the running image, by its OpenAPI document',
  reports: [
    { file: dastReports.document, format: 'openapi' },
    { file: dastReports.traffic, format: 'har', beside: dastReports.document },
    { file: dastReports.alerts, format: 'zap' },
  ],
  // ZAP's automation: 0 done, 2 done with warnings (a page that answers 404, say), 1 an error in a job. What was found is in the report alone.
  exit: { clean: [0, 2], findings: [] },
  lookedAtNothing: 'the OpenAPI document has no operation',
  ofImage: 'record',
  waivable: true,
  host: false,
  distrust,
  remarks,

  plan(project, policy, reports, { ociArchive }) {
    const url = process.env['DAST_TARGET'];
    if (!url) throw new UsageError('dast needs DAST_TARGET, the address of the running service: http://127.0.0.1:3000');
    const image = runningImage(ociArchive, process.env['DAST_PLATFORM']);
    if ('broken' in image) return image;
    const tokenFile = process.env['DAST_TOKEN_FILE'];
    const target: Target = {
      url: url.replace(/\/+$/, ''),
      ...(process.env['DAST_MONITOR'] && { monitor: process.env['DAST_MONITOR'] }),
      ...(policy.token && { token: policy.token }),
      variables: tokenFile ? { TOKEN: readFileSync(tokenFile, 'utf8').trim() } : {},
    };
    const scratch = mkdtempSync(join(tmpdir(), 'sluice-dast-'));
    const planFile = join(scratch, 'plan.yaml');
    const environment: Record<string, string> = {};
    const redactedHindrance = (reason: string) => ({ broken: redact(reason, secrets(target)) });

    return {
      tool: 'zap',
      directory: project.root,
      version: zapVersion(),
      command: ['zap.sh', heap, '-cmd', '-silent', '-dir', join(scratch, 'home'), '-autorun', planFile],
      environment,
      subject: image,

      async before() {
        const seed: Seed = policy.seed
          ? await readSeed(join(project.root, policy.seed), policy.seed)
          : { prepare: [], scan: [] };
        const hindrance =
          (await untilReady(target, policy.health, Math.min(mostSecondsToStart, policy.timeout))) ??
          (await keepDocument(target, policy, reports)) ??
          (await prepare(target, seed));
        if (hindrance) return 'broken' in hindrance ? redactedHindrance(hindrance.broken) : hindrance;
        try {
          const requests = seed.scan.map((one) => filledIn(one, target.variables));
          writeFileSync(planFile, automationPlan(target.url, reports, requests), { mode: 0o600 });
          if (target.token) {
            environment['ZAP_AUTH_HEADER'] = target.token.header;
            environment['ZAP_AUTH_HEADER_VALUE'] = fillVariables(target.token.value, target.variables);
          }
        } catch (error) {
          return { broken: `${policy.seed ?? 'stages.dast.token'}: ${(error as Error).message}` };
        }
        return undefined;
      },

      async finish() {
        rmSync(scratch, { recursive: true, force: true });
        redactFolder(reports, secrets(target));
        const ended = await whyEnded(target);
        return ended === undefined ? undefined : redactedHindrance(`the image ended during the scan: ${ended}`);
      },
    };
  },
};

/** The image behind the target, as the runner says; nothing that the service answers could tell. */
function runningImage(archive: string | undefined, platform: string | undefined): Subject | { broken: string } {
  if (archive === undefined) return { broken: 'nothing says which image runs: name its archive with --oci-archive' };
  try {
    const { digest, images } = imagesIn(archive);
    // v8 is what every arm64 is; the archive does not say it.
    const wanted = platform?.replace(/^(linux\/arm64)\/v8$/, '$1');
    const running = images.filter((one) => wanted === undefined || one.platform === wanted);
    if (running.length === 1) return { digest, images: running };
    const names = images.map((one) => one.platform).join(', ');
    return { broken: `${archive} holds images for ${names}: DAST_PLATFORM has to name the one that runs` };
  } catch (error) {
    return { broken: `${archive} holds no OCI image: ${(error as Error).message}` };
  }
}

/** The operations of the document that the traffic did not meet with success. */
function distrust(readings: Reading[], policy: StagePolicy): string | undefined {
  const operations = readings.flatMap((reading) => reading.operations ?? []);
  if (operations.length === 0) return dast.lookedAtNothing;
  const excused = new Set(policy.unreached?.map(({ operation }) => operation));
  const unreached = operations.filter((one) => !isReached(one));
  const missed = unreached.filter((one) => !excused.has(operationName(one)));
  if (missed.length === 0) return undefined;
  const names = missed.map((one) => `${operationName(one)} (${bestStatus(one)})`).join(', ');
  const refused = unreached.filter(({ best }) => best === 401 || best === 403);
  if (refused.length === operations.length) return `the token was refused everywhere: ${names}`;
  const all = refused.length === unreached.length ? ', each refused with 401 or 403' : '';
  return `an API operation that DAST never reached: ${missed.length} of ${operations.length}${all}: ${names}`;
}

/** What the policy excuses although it need not. */
function remarks(readings: Reading[], policy: StagePolicy): string[] {
  const operations = readings.flatMap((reading) => reading.operations ?? []);
  return (policy.unreached ?? []).flatMap(({ operation }) => {
    const found = operations.find((one) => operationName(one) === operation);
    if (found && !isReached(found)) return [];
    return [
      `stages.dast.unreached: ${operation} ${found ? 'was reached' : 'is not in the OpenAPI document'}: remove it`,
    ];
  });
}

async function keepDocument(target: Target, policy: StagePolicy, folder: string): Promise<NoPlan | undefined> {
  const found = await fetchDocument(target, policy.openapi);
  if (!('text' in found)) return found;
  writeFileSync(join(folder, dastReports.document), found.text);
  try {
    const { evidence } = openapi.read(new Report(dastReports.document, found.text), {});
    return evidence[0]?.count ? undefined : { broken: dast.lookedAtNothing };
  } catch (error) {
    if (error instanceof UnreadableReport) return { broken: error.message };
    throw error;
  }
}

/** Every text that must stand in no report: the token, with its scheme and without, and what it is made of. */
function secrets(target: Target): string[] {
  const value = tokenValue(target);
  const named = [...(target.token?.value.matchAll(/\$\{(\w+)\}/g) ?? [])].map(([, name]) => target.variables[name!]);
  const texts = [target.variables['TOKEN'], ...named, value, value?.replace(/^\w+ /, '')];
  return [...new Set(texts.filter((text) => text !== undefined && text.length >= shortestSecret))] as string[];
}

function redactFolder(folder: string, hidden: string[]): void {
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    const text = readFileSync(file, 'utf8');
    const clean = redact(text, hidden);
    if (clean !== text) writeFileSync(file, clean);
  }
}

/** Takes texts out, as they are, as they stand in URLs, and inside base64 (the bodies in an HTTP archive). */
export function redact(text: string, hidden: string[]): string {
  const plain = hidden
    .flatMap((one) => [one, encodeURIComponent(one), JSON.stringify(one).slice(1, -1)])
    .reduce((all, one) => all.replaceAll(one, redacted), text);
  return plain.replace(/("text"\s*:\s*)"([A-Za-z0-9+/]{8,}={0,2})"/g, (whole, key: string, base64: string) => {
    const body = Buffer.from(base64, 'base64').toString('latin1');
    return hidden.some((one) => body.includes(one))
      ? `${key}"${Buffer.from(redact(body, hidden), 'latin1').toString('base64')}"`
      : whole;
  });
}

/** By the name of its archive: asking ZAP itself takes a start of its virtual machine. */
function zapVersion(): string {
  try {
    const archive = readdirSync('/zap').find((name) => /^zap-.*\.jar$/.test(name));
    return archive?.slice('zap-'.length, -'.jar'.length) ?? 'unknown';
  } catch {
    return 'unknown';
  }
}
