/** What the stages that look at the image have in common: one run of Trivy for each platform that the archive holds. */
import { join } from 'node:path';
import { type UnpackedImage, unpackImage } from '../oci/unpack.ts';
import type { StagePolicy } from '../policy.ts';
import { trivyCommand } from '../trivy.ts';
import type { NoPlan, Plan, ReportName, StageInputs } from './stage.ts';

export interface ImageScan {
  format: 'json' | 'cyclonedx';
  /** The reader of its reports. */
  reader: string;
  /** File name of one platform's report. */
  report(platform: string): string;
  flags: string[];
}

/** Scans every image of the archive, each by its digest. */
export function overImage(
  { ociArchive }: StageInputs,
  policy: StagePolicy,
  reports: string,
  scan: ImageScan,
): Plan | NoPlan {
  if (ociArchive === undefined) return { broken: 'no image to look at: name its archive with --oci-archive' };
  let layout: UnpackedImage;
  try {
    layout = unpackImage(ociArchive);
  } catch (error) {
    return { broken: `${ociArchive} holds no OCI image: ${(error as Error).message}` };
  }
  const { parent, folder, digest, images } = layout;
  const names: ReportName[] = images.map(({ platform }) => ({ file: scan.report(platform), format: scan.reader }));
  const [command, ...more] = images.map((image, index) =>
    trivyCommand({
      command: 'image',
      flags: ['--input', `${folder}@${image.digest}`, ...scan.flags],
      report: join(reports, names[index]!.file),
      format: scan.format,
      timeout: policy.timeout,
    }),
  );
  if (!command) {
    layout.remove();
    return { broken: `${ociArchive} holds no image` };
  }
  return {
    tool: 'trivy',
    // Nothing lies here that Trivy could take for its configuration; and the report names the image alike wherever it was made.
    directory: parent,
    command,
    more,
    reports: names,
    subject: { digest, images },
    finish: () => layout.remove(),
  };
}
