/** Records an image that somebody else built (the Dagger module) as the evidence of the stage build. */
import { accessSync, constants, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type StageRecord, UsageError } from './model.ts';
import { LayoutArchive } from './oci/layout.ts';
import { collectReports, emptyFolder, writeRecord } from './run-stage.ts';
import { build, type BuildReport, buildReportFile } from './stages/build.ts';

export interface BuildTimes {
  /** RFC 3339. Default: now. */
  startedAt?: string;
  /** Default: 0, unknown. */
  durationMs?: number;
  /** The image that the build ran in. Default: `host`. */
  image?: string;
}

/**
 * Writes `build/` for an OCI archive: its digest, platforms, layers and compressed size. An archive that is no image is recorded
 * as what it is, a failed build.
 * @throws UsageError where the archive can't be read or the reports can't be written
 */
export function recordImage(reports: string, archive: string, times: BuildTimes): void {
  try {
    accessSync(archive, constants.R_OK);
  } catch (error) {
    throw new UsageError(`cannot read the OCI archive ${archive}: ${(error as NodeJS.ErrnoException).code}`);
  }
  let report: BuildReport;
  try {
    report = { kind: 'sluice/build/v1', what: 'image', ...describe(archive) };
  } catch (error) {
    report = { ...nothing, failure: `${archive} holds no OCI image: ${(error as Error).message}` };
  }
  write(reports, report, times);
}

/** The builder could not fetch what the build starts from: says nothing about the project. */
const unreachable =
  /failed to resolve source metadata|failed to (do|authorize|fetch) |no such host|connection refused|i\/o timeout|toomanyrequests|TLS handshake|x509:/i;

/** A program of another platform was to run, and the kernel does not know how: says nothing about the project either. */
const noEmulation = /exec format error/i;
const emulation =
  "the engine's machine can't run programs of one of the platforms: begin the Dockerfile's stages that run any with " +
  'FROM --platform=$BUILDPLATFORM, or install emulation (binfmt) there, or take the platform out of stages.build.platforms';

/**
 * Writes `build/` for an image that could not be built; the last lines of the builder's log are the finding. Where the builder could
 * not reach a registry, or lacks emulation, there is no finding: the stage is broken.
 * @throws UsageError where the log can't be read or the reports can't be written
 */
export function recordImageFailure(reports: string, log: string, times: BuildTimes): void {
  let text: string;
  try {
    text = readFileSync(log, 'utf8');
  } catch (error) {
    throw new UsageError(`cannot read the builder's log ${log}: ${(error as NodeJS.ErrnoException).code}`);
  }
  const failure = text.trim().split('\n').slice(-15).join('\n') || 'the builder said nothing';
  const reason = text.split('\n').find((line) => unreachable.test(line));
  if (noEmulation.test(text)) write(reports, undefined, times, emulation);
  else if (reason === undefined) write(reports, { ...nothing, failure }, times);
  else write(reports, undefined, times, `the builder could not reach a registry: ${reason.trim()}`);
}

const nothing: BuildReport = { kind: 'sluice/build/v1', what: 'image', files: 0, sizeBytes: 0 };

function write(reports: string, report: BuildReport | undefined, times: BuildTimes, broken?: string): void {
  const folder = emptyFolder(reports, build.name);
  if (report) writeFileSync(join(folder, buildReportFile), `${JSON.stringify(report, null, 2)}\n`);
  const record: StageRecord = {
    stage: build.name,
    tool: 'buildkit',
    version: 'unknown',
    image: times.image ?? 'host',
    command: ['docker', 'build'],
    startedAt: times.startedAt ?? new Date().toISOString(),
    durationMs: times.durationMs ?? 0,
    exitCode: report ? (report.failure ? 1 : 0) : null,
    reports: collectReports(build, folder),
    ...(broken && { broken }),
  };
  writeRecord(reports, record);
}

function describe(file: string): Pick<BuildReport, 'digest' | 'platforms' | 'files' | 'sizeBytes'> {
  const archive = new LayoutArchive(file);
  try {
    const top = archive.top();
    const images = archive.images(top);
    const layers = images.flatMap(({ manifest }) => manifest.layers ?? []);
    return {
      digest: top.digest,
      platforms: images.map(({ config }) => `${config.os}/${config.architecture}`),
      files: layers.length,
      sizeBytes: layers.reduce((sum, { size }) => sum + size, 0),
    };
  } finally {
    archive.close();
  }
}
