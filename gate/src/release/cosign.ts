/** cosign: signs and attests images, and reads back what holds. The only place that knows its flags and its words. */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Credentials } from '../oci/registry.ts';
import type { Repository } from '../oci/reference.ts';
import { ReleaseFailure } from './failure.ts';

/** Who signs: a key, or an identity that an OpenID token proves for a moment. */
export type Signer =
  | { key: string; passwordFile?: string }
  | {
      /** GitHub's address for tokens, and what authorises asking it. Asked for each signature: a token lives for minutes. */
      oidcUrlFile: string;
      oidcTokenFile: string;
    };

/** Whose signatures count: those of a public key, or those of an identity that an issuer vouched for. */
export type Trusted = { key: string } | { identity: string; issuer: string };

export interface CosignSettings {
  /** Default: cosign on the PATH. */
  program?: string;
  repository: Repository;
  /** A folder of this run alone, for what cosign reads and writes. */
  scratch: string;
  credentials?: Credentials;
  /** Enter signatures into the transparency log, and demand that they are there. */
  transparencyLog: boolean;
  /** A private Sigstore: its services, and what it is trusted by. */
  signingConfig?: string;
  trustedRoot?: string;
  /** The first pause between attempts, in milliseconds, doubled each time. Default: 2000. */
  pauseMs?: number;
}

/** An in-toto statement whose signature held. */
export interface Statement {
  predicateType: string;
  subject: { name?: string; digest: Record<string, string> }[];
  predicate: unknown;
}

/** What cosign itself calls a signature; `cosign verify` counts any attestation of the image as one too. */
const signatureType = 'https://sigstore.dev/cosign/sign/v1';

const attempts = 4;

export class Cosign {
  private readonly settings: CosignSettings;

  constructor(settings: CosignSettings) {
    this.settings = settings;
    if (settings.credentials) this.writeCredentials(settings.credentials);
  }

  async sign(image: string, signer: Signer): Promise<void> {
    await this.persistently('sign', ['sign', '--yes', ...this.signing(signer), image], this.identity(signer));
  }

  /** Attests a statement about the image; `predicate` is a file of JSON. */
  async attest(image: string, signer: Signer, type: string, predicate: string): Promise<void> {
    const what = ['--type', type, '--predicate', predicate];
    await this.persistently(
      'attest',
      ['attest', '--yes', ...this.signing(signer), ...what, image],
      this.identity(signer),
    );
  }

  /** The public half of a private key, as a file in the scratch folder. */
  async publicKey(signer: Extract<Signer, { key: string }>): Promise<string> {
    const { stdout } = await this.persistently(
      'read the key',
      ['public-key', '--key', signer.key],
      this.identity(signer),
    );
    const file = join(this.settings.scratch, 'cosign.pub');
    writeFileSync(file, stdout);
    return file;
  }

  /** Why no signature of the image counts; undefined where one does. */
  async whyUnsigned(image: string, trusted: Trusted): Promise<string | undefined> {
    const { stdout, refused } = await this.verified(['verify', ...this.verifying(trusted), image]);
    if (refused !== undefined) return refused;
    const found = JSON.parse(stdout) as { critical: { type: string } }[];
    return found.some(({ critical }) => critical.type === signatureType) ? undefined : 'attested, but never signed';
  }

  /** The statements of a type about the image whose signatures count; `refused` says why there is none. */
  async attestations(
    image: string,
    trusted: Trusted,
    type: string,
  ): Promise<{ statements: Statement[]; refused?: string }> {
    const { stdout, refused } = await this.verified([
      ...['verify-attestation', ...this.verifying(trusted), '--type', type],
      image,
    ]);
    if (refused !== undefined) return { statements: [], refused };
    const statements = stdout
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as { payload: string })
      .map(({ payload }) => JSON.parse(Buffer.from(payload, 'base64').toString()) as Statement);
    return { statements };
  }

  private signing(signer: Signer): string[] {
    const { transparencyLog, signingConfig, trustedRoot } = this.settings;
    return [
      ...('key' in signer ? ['--key', signer.key] : ['--oidc-provider', 'github-actions']),
      ...(signingConfig ? ['--signing-config', signingConfig] : []),
      ...(trustedRoot ? ['--trusted-root', trustedRoot] : []),
      // Without the log nothing of the public Sigstore is asked, its list of services included.
      ...(transparencyLog ? [] : ['--use-signing-config=false', '--tlog-upload=false']),
      ...this.connection(),
    ];
  }

  private verifying(trusted: Trusted): string[] {
    const { transparencyLog, trustedRoot } = this.settings;
    return [
      ...('key' in trusted
        ? ['--key', trusted.key]
        : ['--certificate-identity', trusted.identity, '--certificate-oidc-issuer', trusted.issuer]),
      ...(trustedRoot ? ['--trusted-root', trustedRoot] : []),
      ...(transparencyLog ? [] : ['--insecure-ignore-tlog']),
      ...this.connection(),
    ];
  }

  private connection(): string[] {
    return this.settings.repository.plainHttp ? ['--allow-http-registry'] : [];
  }

  /** Secrets reach cosign by its environment: arguments are for everybody to see. */
  private identity(signer: Signer): NodeJS.ProcessEnv {
    if ('key' in signer) {
      return { COSIGN_PASSWORD: signer.passwordFile ? readFileSync(signer.passwordFile, 'utf8').trimEnd() : '' };
    }
    return {
      ACTIONS_ID_TOKEN_REQUEST_URL: readFileSync(signer.oidcUrlFile, 'utf8').trim(),
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: readFileSync(signer.oidcTokenFile, 'utf8').trim(),
    };
  }

  private writeCredentials({ username, password }: Credentials): void {
    const auth = Buffer.from(`${username}:${password}`).toString('base64');
    const { host } = this.settings.repository;
    // Docker Hub's credentials go by the address that it had first.
    const config = { auths: { [host === 'docker.io' ? 'https://index.docker.io/v1/' : host]: { auth } } };
    writeFileSync(join(this.settings.scratch, 'config.json'), JSON.stringify(config), { mode: 0o600 });
  }

  private async verified(args: string[]): Promise<{ stdout: string; refused?: string }> {
    return this.persistently('verify', args, {}, unproven);
  }

  /** Runs cosign; what may pass (no answer, 5xx, too many requests) is tried again. */
  private async persistently(
    purpose: string,
    args: string[],
    environment: NodeJS.ProcessEnv,
    refusal: (said: string) => string | undefined = () => undefined,
  ): Promise<{ stdout: string; refused?: string }> {
    for (let attempt = 1; ; attempt++) {
      const { code, stdout, stderr } = await this.run(args, environment);
      if (code === 0) return { stdout };
      const said = lastError(stderr);
      const refused = refusal(said);
      if (refused !== undefined) return { stdout, refused };
      if (!passing.test(said) || attempt >= attempts) {
        throw new ReleaseFailure(`cannot ${purpose}: ${explained(said, this.settings.repository.host)}`);
      }
      await sleep((this.settings.pauseMs ?? 2000) * 2 ** (attempt - 1));
    }
  }

  private run(
    args: string[],
    environment: NodeJS.ProcessEnv,
  ): Promise<{ code: number; stdout: string; stderr: string }> {
    const { program = 'cosign', scratch } = this.settings;
    const child = spawn(program, args, {
      // What this machine's user has logged in to is no business of a release: only the credentials that were given count.
      env: { ...process.env, ...environment, HOME: scratch, DOCKER_CONFIG: scratch },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    return new Promise((done, fail) => {
      child.on('error', (error: NodeJS.ErrnoException) =>
        fail(error.code === 'ENOENT' ? new ReleaseFailure(`cosign is not at hand: looked for ${program}`) : error),
      );
      child.on('close', (code) => done({ code: code ?? 1, stdout, stderr }));
    });
  }
}

const passing = /\b(429|5\d\d)\b|TOOMANYREQUESTS|connection refused|connection reset|i\/o timeout|EOF|no such host/i;

function lastError(stderr: string): string {
  const error = stderr.split(/^Error: /m).at(-1) ?? '';
  return error
    .split(/^error during command execution/m)[0]!
    .trim()
    .replaceAll(/\s*\n\s*/g, '; ')
    .slice(0, 600);
}

/** Answers of cosign that are a result: there is nothing that counts. Undefined for everything else, which proves neither. */
function unproven(said: string): string | undefined {
  if (/no signatures found|no matching attestations: *$|none of the attestations matched/i.test(said))
    return 'there is none';
  if (/do not match threshold|invalid signature|failed to verify signature|crypto\/rsa|ecdsa/i.test(said)) {
    return 'there is one, but not by the key that is trusted, or not about this image';
  }
  if (/none of the expected identities|certificate identity|subject alternative name/i.test(said)) {
    return 'there is one, but by another identity than the one that is trusted';
  }
  if (/digest mismatch|subject digest|provided artifact digest/i.test(said))
    return 'there is one, but about another image';
  if (/no matching (signatures|attestations)|not enough verified log entries|no verified|expired/i.test(said))
    return said;
  return undefined;
}

/** What cosign said, in words that say what to do where that is known. */
function explained(said: string, host: string): string {
  if (/decryption failed/i.test(said)) return 'the password does not open the signing key';
  if (/unsupported pem type|no valid signer|invalid pem|error decoding/i.test(said))
    return 'the signing key is none that cosign made';
  if (/identity token|oidc|fulcio|id token/i.test(said)) {
    return `the identity was refused; a token lives for minutes, and the job needs "id-token: write": ${said.slice(0, 300)}`;
  }
  if (/\b401\b|UNAUTHORIZED/.test(said))
    return `${host} refuses the credentials (401): check --username and --password`;
  if (/\b403\b|DENIED/.test(said)) return `${host} refuses (403): these credentials may not push there`;
  if (/\b429\b|TOOMANYREQUESTS/.test(said)) return `${host} is asked too often (429)`;
  const server = /\b5\d\d\b[^;]{0,40}/.exec(said)?.[0];
  if (server) return `${host} answers ${server.trim()}`;
  if (passing.test(said)) return `${host} can't be reached: ${said.slice(0, 200)}`;
  return said || 'cosign said nothing';
}
