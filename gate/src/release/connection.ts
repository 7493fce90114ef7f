/** The flags that publish and verify share: which registry, by which credentials, whose signatures. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../model.ts';
import { type Credentials, Registry, RegistryError } from '../oci/registry.ts';
import { type Repository } from '../oci/reference.ts';
import { Cosign, type Trusted } from './cosign.ts';
import { ReleaseFailure } from './failure.ts';

/** For `parseArgs`. */
export const connectionOptions = {
  username: { type: 'string' },
  'password-file': { type: 'string' },
  'transparency-log': { type: 'boolean', default: true },
  'certificate-identity': { type: 'string' },
  'certificate-oidc-issuer': { type: 'string' },
  'signing-config': { type: 'string' },
  'trusted-root': { type: 'string' },
  cosign: { type: 'string', default: 'cosign' },
  json: { type: 'boolean', default: false },
} as const;

export const connectionUsage = `  --username NAME        for the registry                                  --password-file FILE
  --no-transparency-log  for networks that can't reach a log: signatures are neither entered nor looked for there
  --certificate-identity TEXT, --certificate-oidc-issuer URL    whose keyless signatures count
  --signing-config FILE, --trusted-root FILE                    of a private Sigstore
  --cosign PROGRAM       (default: cosign)
  --json                 the result as JSON on standard output

Secrets are files, so that they stand in no list of processes. Plain HTTP needs http:// before the host.`;

/** What `parseArgs` makes of the options above. */
export interface ConnectionValues {
  username?: string;
  'password-file'?: string;
  'transparency-log': boolean;
  'certificate-identity'?: string;
  'certificate-oidc-issuer'?: string;
  'signing-config'?: string;
  'trusted-root'?: string;
  cosign: string;
}

export interface Connection {
  registry: Registry;
  cosign: Cosign;
  scratch: string;
}

/** Works with a registry and cosign in a scratch folder that is gone afterwards. What fails ends in one line and exit code 1. */
export async function connected(
  repository: Repository,
  values: ConnectionValues,
  work: (connection: Connection) => Promise<number>,
): Promise<number> {
  const credentials = readCredentials(values);
  const scratch = mkdtempSync(join(tmpdir(), 'sluice-release-'));
  try {
    const registry = new Registry(repository, credentials && { credentials });
    const cosign = new Cosign({
      ...{ program: values.cosign, repository, scratch, transparencyLog: values['transparency-log'] },
      ...(credentials && { credentials }),
      ...(values['signing-config'] && { signingConfig: values['signing-config'] }),
      ...(values['trusted-root'] && { trustedRoot: values['trusted-root'] }),
    });
    return await work({ registry, cosign, scratch });
  } catch (error) {
    if (!(error instanceof ReleaseFailure || error instanceof RegistryError)) throw error;
    process.stderr.write(`sluice: ${error.message}\n`);
    return 1;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The identity that the flags name, if they name one. @throws UsageError where only half of it is given */
export function trustedIdentity(values: ConnectionValues): Extract<Trusted, { identity: string }> | undefined {
  const identity = values['certificate-identity'];
  const issuer = values['certificate-oidc-issuer'];
  if (!identity && !issuer) return undefined;
  if (!identity || !issuer) {
    throw new UsageError(
      '--certificate-identity and --certificate-oidc-issuer go together: an identity is only worth what its issuer is',
    );
  }
  return { identity, issuer };
}

export function readSecret(file: string, flag: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new UsageError(`${flag}: cannot read ${file}: ${(error as NodeJS.ErrnoException).code}`);
  }
}

function readCredentials(values: ConnectionValues): Credentials | undefined {
  const { username, 'password-file': file } = values;
  if (!username && !file) return undefined;
  if (!username || !file) throw new UsageError('--username and --password-file go together');
  return { username, password: readSecret(file, '--password-file') };
}
