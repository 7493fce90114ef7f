/** `sluice verify`: whether a published image may be trusted. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { UsageError } from '../model.ts';
import { parseReference } from '../oci/reference.ts';
import { connected, connectionOptions, connectionUsage, trustedIdentity } from '../release/connection.ts';
import { machineReadable, renderVerified, resolveImage, verifyRelease } from '../release/verify.ts';
import type { Command } from './command.ts';

export default {
  name: 'verify',
  summary: 'check signature, verdict, policy, age and attestations of a published image',
  usage: `Usage: sluice verify --image HOST/PATH@sha256:DIGEST (--key FILE | --certificate-identity …) --policy HASH [FLAGS]

Prints each check. A tag is resolved once, and everything after that is about the digest, which is printed.

  --key FILE             the public key whose signatures count
  --policy HASH          SHA-256 of the policy that must have decided; "any" accepts every one
  --max-age DAYS         how old the verdict may be     (default: 30; "any" for any age)
  --allow-dirty          accept a release of files that are no commit
  --to FILE              write the result there as JSON too
${connectionUsage}

Exit codes: 0 every check holds, 1 one does not, or it can't be told, 2 usage.`,

  async run(args) {
    const { values } = parseArgs({
      args,
      allowNegative: true,
      options: {
        ...connectionOptions,
        image: { type: 'string' },
        key: { type: 'string' },
        policy: { type: 'string' },
        'max-age': { type: 'string', default: '30' },
        'allow-dirty': { type: 'boolean', default: false },
        to: { type: 'string' },
      },
    });
    const { image, key, policy } = values;
    if (!image) throw new UsageError('verify needs --image HOST/PATH@sha256:DIGEST');
    const reference = parseReference(image);
    const trusted = key ? { key } : trustedIdentity(values);
    if (!trusted)
      throw new UsageError('verify needs --key FILE, or --certificate-identity with --certificate-oidc-issuer');
    if (policy === undefined || !/^([0-9a-f]{64}|any)$/.test(policy)) {
      throw new UsageError(
        'verify needs the SHA-256 of the policy that must have decided (64 hex digits), or any: --policy, in Dagger --policy-hash',
      );
    }
    const maxAgeDays = values['max-age'] === 'any' ? undefined : Number(values['max-age']);
    if (maxAgeDays !== undefined && !(maxAgeDays > 0)) {
      throw new UsageError(`--max-age takes a number of days or any, not ${values['max-age']}`);
    }
    return connected(reference, values, async ({ registry, cosign }) => {
      const digest = await resolveImage(registry, reference);
      const verified = await verifyRelease(registry, cosign, digest, {
        ...{ trusted, policy, allowDirty: values['allow-dirty'], now: new Date() },
        ...(maxAgeDays !== undefined && { maxAgeDays }),
      });
      const result = `${JSON.stringify(machineReadable(verified), null, 2)}\n`;
      process.stdout.write(values.json ? result : renderVerified(verified));
      if (values.to) writeFileSync(values.to, result);
      return verified.ok ? 0 : 1;
    });
  },
} satisfies Command;
