/** Publishing and verifying against a real registry with the real cosign, and every fault that may come between. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { freePort } from '../../src/host/free-port.ts';
import { type Answer, Lab, missingTools, Project, secrets, sluice } from './lab.ts';

const missing = missingTools();

/** One line that says it, on standard error, and nothing for scripts to take for a result. */
function failsWith(answer: Answer, code: number, says: RegExp): void {
  assert.equal(answer.code, code, answer.stderr + answer.stdout);
  assert.equal(answer.stdout, '');
  const complaints = answer.stderr.split('\n').filter((line) => line.startsWith('sluice: ') && says.test(line));
  assert.equal(complaints.length, 1, `${String(says)} in ${answer.stderr}`);
  assert.doesNotMatch(answer.stderr, /^\s+at /m);
}

describe('a release', { skip: missing ?? false }, () => {
  let lab: Lab;
  /** Everything that any call printed. */
  const printed: string[] = [];
  const keep = (answer: Answer): Answer => {
    printed.push(answer.stdout, answer.stderr);
    return answer;
  };
  before(async () => {
    lab = await new Lab().start();
  });
  after(() => lab.stop());
  afterEach(() => {
    lab.faults = [];
    lab.credentials = undefined;
  });

  /** A repository of its own, in which `latest` is an older release already. */
  async function published(path: string): Promise<Project> {
    const project = await new Project(lab, path).make('one');
    const answer = keep(await project.publish());
    assert.equal(answer.code, 0, answer.stderr);
    return project;
  }

  it('is published in order, verified, and published again without any change', async () => {
    const project = await new Project(lab, 'acme/good').make('one');
    const first = keep(await project.publish('--json'));
    assert.equal(first.code, 0, first.stderr);
    const result = JSON.parse(first.stdout) as Record<string, unknown>;
    assert.equal(result['reference'], `${lab.host}/acme/good@${project.digest}`);
    assert.deepEqual([result['tag'], result['latest'], result['changed']], [project.commit, true, true]);
    const steps = first.stderr
      .split('\n')
      .map((line) => line.replace(/^sluice: /, '').replace(/sha256:\w+.*|[0-9a-f]{40}/, '…'));
    assert.deepEqual(steps, [
      ...['pushed …', 'deploy bundle …', 'attested sbom', 'attested verdict', 'attested provenance', 'signed'],
      ...['tag …', 'tag latest', ''],
    ]);
    assert.equal(await lab.tag('acme/good', project.commit), project.digest);
    assert.equal(await lab.tag('acme/good', 'latest'), project.digest);

    const verified = keep(await project.verify(':latest'));
    assert.equal(verified.code, 0, verified.stdout + verified.stderr);
    assert.match(verified.stdout, new RegExp(`^${lab.host}/acme/good@${project.digest}\n`));
    assert.equal(verified.stdout.match(/^ ok /gm)?.length, 8);

    const writes = lab.seen.length;
    project.verdict({ finishedAt: new Date(Date.now() + 1000).toISOString() });
    const again = keep(await project.publish('--json'));
    assert.equal(again.code, 0, again.stderr);
    assert.equal((JSON.parse(again.stdout) as { changed: boolean }).changed, false);
    assert.deepEqual(
      lab.seen.slice(writes).filter((line) => !/^(GET|HEAD) /.test(line)),
      [],
    );
  });

  it('has a deploy bundle that holds the files of the commit, whole', async () => {
    const project = await published('acme/bundle');
    const { release } = JSON.parse((await project.verify(undefined, '--json')).stdout) as {
      release: { bundle: string };
    };
    const base = `http://${lab.registry}/v2/acme/bundle`;
    const manifest = (await (
      await fetch(`${base}/manifests/${release.bundle}`, {
        headers: { accept: 'application/vnd.oci.image.manifest.v1+json' },
      })
    ).json()) as { artifactType: string; layers: { digest: string }[] };
    assert.equal(manifest.artifactType, 'application/vnd.sluice.deploy-bundle.v1');
    const layer = await (await fetch(`${base}/blobs/${manifest.layers[0]!.digest}`)).arrayBuffer();
    const target = join(lab.folder, 'unpacked');
    mkdirSync(target);
    execFileSync('tar', ['-x', '-C', target], { input: new Uint8Array(layer) });
    assert.equal(readFileSync(join(target, 'compose/compose.yaml'), 'utf8'), '# one\nservices: {}\n');
  });

  describe('is refused', () => {
    let project: Project;
    before(async () => {
      project = await new Project(lab, 'acme/refused').make('one');
    });
    afterEach(async () => {
      project.verdict({});
      assert.equal(await lab.tag('acme/refused', project.digest), undefined, 'nothing was pushed');
    });

    for (const [status, code] of [
      ['failed', 1],
      ['broken', 3],
    ] as const) {
      it(`with the table and exit code ${code} where the verdict is ${status}`, async () => {
        project.verdict({ status });
        const answer = keep(await project.publish());
        assert.equal(answer.code, code);
        assert.equal(answer.stdout, '');
        assert.match(answer.stderr, new RegExp(`verdict ${status}`));
      });
    }

    it('where the verdict is a preview', async () => {
      project.verdict({ preview: true });
      failsWith(keep(await project.publish()), 1, /preview.*publishes nothing/);
    });

    it('where the verdict is about another image', async () => {
      const subject = { name: 'till', revision: project.commit, imageDigest: `sha256:${'0'.repeat(64)}` };
      project.verdict({ subject });
      failsWith(keep(await project.publish()), 1, /verdict is about the image sha256:0{64}, and this one is sha256:/);
    });

    it('where files are not the commit’s, and where there is no commit', async () => {
      const extra = join(project.folder, 'extra');
      writeFileSync(extra, '');
      failsWith(keep(await project.publish()), 2, /these files are not as the commit .* has them: extra/);
      execFileSync('rm', [extra]);
      execFileSync('mv', [join(project.folder, '.git'), join(project.folder, '.hidden')]);
      failsWith(keep(await project.publish()), 2, /no commit of a git repository/);
      execFileSync('mv', [join(project.folder, '.hidden'), join(project.folder, '.git')]);
    });
  });

  it('of files that are no commit has a tag of its own, never latest, and only who asks for it accepts it', async () => {
    const project = await published('acme/dirty');
    const clean = project.digest;
    const next = await new Project(lab, 'acme/dirty').make('two');
    writeFileSync(join(next.folder, 'extra'), '');
    next.verdict({ subject: { name: 'till', revision: `${next.commit}-dirty`, imageDigest: next.digest } });
    assert.equal(keep(await next.publish('--allow-dirty')).code, 0);
    assert.equal(await lab.tag('acme/dirty', `${next.commit}-dirty`), next.digest);
    assert.equal(await lab.tag('acme/dirty', 'latest'), clean);
    const strict = keep(await next.verify());
    assert.equal(strict.code, 1);
    assert.match(strict.stdout, /FAIL {2}revision .*no commit/);
    assert.equal(keep(await next.verify(undefined, '--allow-dirty')).code, 0);
  });

  it('of an older commit leaves latest where it is', async () => {
    const project = await published('acme/older');
    const older = await new Project(lab, 'acme/older').make('older', { committedAt: '2025-01-01T00:00:00Z' });
    const answer = keep(await older.publish());
    assert.equal(answer.code, 0, answer.stderr);
    assert.match(answer.stderr, /latest stays: it is of a newer commit/);
    assert.equal(await lab.tag('acme/older', 'latest'), project.digest);
  });

  describe('fails in one clear line with latest unmoved', () => {
    let first: Project;
    let next: Project;
    before(async () => {
      first = await published('acme/faults');
      next = await new Project(lab, 'acme/faults').make('two');
    });
    afterEach(async () => assert.equal(await lab.tag('acme/faults', 'latest'), first.digest));

    it('where the registry is down', async () => {
      const args = ['--repository', `http://127.0.0.1:${await freePort()}/acme/faults`];
      failsWith(keep(await next.publish(...args)), 1, /127\.0\.0\.1:\d+ can't be reached: ECONNREFUSED/);
    });

    it('where it refuses the credentials (401)', async () => {
      lab.credentials = Buffer.from('ann:right').toString('base64');
      const args = ['--username', secrets.username, '--password-file', join(lab.folder, 'password')];
      failsWith(keep(await next.publish(...args)), 1, /refuses the credentials \(401\)/);
      failsWith(keep(await next.publish()), 1, /refuses the credentials \(401\)/);
    });

    it('where it refuses the push (403)', async () => {
      lab.faults = [{ method: 'POST', path: /uploads/, status: 403 }];
      failsWith(keep(await next.publish()), 1, /refuses \(403\).*may not.*injected by the test/);
    });

    it('where it is asked too often and wants a longer pause than we have (429)', async () => {
      lab.faults = [{ method: 'PUT', path: /manifests/, status: 429, headers: { 'retry-after': '3600' } }];
      failsWith(keep(await next.publish()), 1, /too often \(429\).*wait 3600 s/);
    });

    it('where it answers 500 for good in the middle of the push', async () => {
      lab.faults = [{ method: 'PUT', path: /blobs\/uploads/, after: 1, status: 500 }];
      failsWith(keep(await next.publish()), 1, /cannot push the blob .*answers 500/);
    });

    it('where it answers 500 for good while cosign attests', async () => {
      lab.faults = [{ method: 'PUT', path: /manifests\/sha256-/, status: 500 }];
      failsWith(keep(await next.publish()), 1, /cannot attest: .*(answers 500|injected by the test)/);
    });

    it('where somebody else moves latest between steps', async () => {
      const other = await new Project(lab, 'acme/faults').make('other');
      assert.equal(keep(await other.publish('--allow-dirty')).code, 0);
      await lab.move('acme/faults', 'latest', first.digest);
      const act = () => lab.move('acme/faults', 'latest', other.digest);
      lab.faults = [{ method: 'PUT', path: new RegExp(`manifests/${next.commit}$`), times: 1, act }];
      failsWith(keep(await next.publish()), 1, /somebody else moved latest from sha256:\w+ to sha256:/);
      assert.equal(await lab.tag('acme/faults', 'latest'), other.digest);
      await lab.move('acme/faults', 'latest', first.digest);
    });

    it('where the commit’s tag is another image already', async () => {
      const other = await new Project(lab, 'acme/faults').make('taken');
      await lab.move('acme/faults', other.commit, first.digest);
      failsWith(keep(await other.publish()), 1, /tag of a commit is never moved/);
    });

    it('where the password does not open the key', async () => {
      const wrong = join(lab.folder, 'wrong-password');
      writeFileSync(wrong, 'wrong');
      const other = await new Project(lab, 'acme/faults').make('locked');
      failsWith(keep(await other.publish('--key-password-file', wrong)), 1, /password does not open the signing key/);
    });
  });

  it('survives what passes: 503, a cut connection, 429 with Retry-After', async () => {
    const project = await new Project(lab, 'acme/passing').make('one');
    lab.faults = [
      { method: 'PUT', path: /blobs\/uploads/, times: 1, status: 503 },
      { method: 'HEAD', path: /blobs/, times: 1, cut: true },
      { method: 'PUT', path: /manifests/, times: 1, status: 429, headers: { 'retry-after': '1' } },
    ];
    const answer = keep(await project.publish());
    assert.equal(answer.code, 0, answer.stderr);
    assert.equal((await project.verify()).code, 0);
  });

  it('that was killed at any step has no tag that can not be verified, and the next call finishes it', async () => {
    const steps = [
      /blobs\/uploads/,
      /manifests\/bundle-/,
      /manifests\/sha256-/,
      /manifests\/[0-9a-f]{40}$/,
      /manifests\/latest$/,
    ];
    for (const [index, path] of steps.entries()) {
      const name = `acme/killed-${index}`;
      const project = await new Project(lab, name).make('one');
      let kill = (): void => {};
      const act = async (): Promise<void> => {
        kill();
        await new Promise((done) => setTimeout(done, 200));
      };
      lab.faults = [{ method: 'PUT', path, times: 1, act, cut: true }];
      await new Promise<void>((done) => {
        const child = spawn(process.execPath, project.publishCommand(), { stdio: 'ignore', detached: true });
        kill = () => process.kill(-child.pid!, 'SIGKILL');
        child.on('close', () => done());
      });
      lab.faults = [];
      for (const tag of [project.commit, 'latest']) {
        if ((await lab.tag(name, tag)) !== undefined)
          assert.equal((await project.verify(`:${tag}`)).code, 0, `${tag} after ${String(path)}`);
      }
      const next = keep(await project.publish());
      assert.equal(next.code, 0, next.stderr);
      assert.equal(await lab.tag(name, 'latest'), project.digest);
      assert.equal((await project.verify(':latest')).code, 0);
    }
  });

  describe('is not verified', () => {
    let project: Project;
    before(async () => {
      project = await published('acme/trust');
    });

    async function refused(answer: Promise<Answer>, check: string, says: RegExp): Promise<void> {
      const { code, stdout } = keep(await answer);
      assert.equal(code, 1, stdout);
      assert.match(stdout, new RegExp(`FAIL  ${check} +.*${says.source}`));
      assert.match(stdout, /\nnot verified: /);
    }

    it('by another key', async () => {
      const folder = join(lab.folder, 'other-key');
      mkdirSync(folder);
      execFileSync('cosign', ['generate-key-pair'], {
        cwd: folder,
        stdio: 'ignore',
        env: { ...process.env, COSIGN_PASSWORD: '' },
      });
      await refused(
        project.verify(undefined, '--key', join(folder, 'cosign.pub')),
        'signature',
        /not by the key that is trusted/,
      );
    });

    it('under another policy, and too late', async () => {
      await refused(project.verify(undefined, '--policy', 'c3'.repeat(32)), 'policy', /decided by a1a1.*wanted c3c3/);
      await refused(project.verify(undefined, '--max-age', '0.000001'), 'age', /at most 0\.000001/);
    });

    it('without signature and attestations', async () => {
      const bare = await new Project(lab, 'acme/bare').make('bare');
      lab.faults = [{ method: 'PUT', path: /manifests\/sha256-/, status: 403 }];
      failsWith(keep(await bare.publish()), 1, /cannot attest: .*refuses \(403\)/);
      lab.faults = [];
      await refused(bare.verify(), 'signature', /there is none/);
    });

    it('with attestations, but no signature: what cosign verify itself would accept', async () => {
      const half = await new Project(lab, 'acme/half').make('half');
      lab.faults = [{ method: 'PUT', path: /manifests\/sha256-/, after: 1, status: 403 }];
      failsWith(keep(await half.publish()), 1, /cannot attest/);
      lab.faults = [];
      await refused(half.verify(), 'signature', /attested, but never signed/);
    });

    it('by attestations that were copied from another image', async () => {
      const victim = await new Project(lab, 'acme/trust').make('victim');
      lab.faults = [{ method: 'PUT', path: /manifests\/sha256-/, status: 403 }];
      failsWith(keep(await victim.publish()), 1, /cannot attest/);
      lab.faults = [];
      const tag = (digest: string): string => digest.replace(':', '-');
      await lab.move('acme/trust', tag(victim.digest), (await lab.tag('acme/trust', tag(project.digest)))!);
      await refused(victim.verify(), 'verdict', /not about this image|about another image|there is none/);
      assert.match((await victim.verify()).stdout, /FAIL {2}signature/);
    });

    it('where the verdict was edited after signing', async () => {
      const edited = await published('acme/edited');
      await lab.edit('acme/edited', edited.digest, (payload) => payload.replace('"low":2', '"low":0'));
      await refused(edited.verify(), 'verdict', /not by the key|there is none/);
    });

    it('where the registry is down or there is no such image', async () => {
      const { folder } = lab;
      const key = ['--key', join(folder, 'cosign.pub'), '--policy', 'any', '--no-transparency-log'];
      failsWith(
        keep(await sluice('verify', '--image', `http://127.0.0.1:1/a/b@${project.digest}`, ...key)),
        1,
        /can't be reached/,
      );
      failsWith(keep(await project.verify(`@sha256:${'0'.repeat(64)}`)), 1, /there is no image/);
    });
  });

  it('tells the ledger, again without harm, and is published even where the ledger is down', async () => {
    const project = await new Project(lab, 'acme/ledger').make('one');
    const told: { url: string; token: string; body: string }[] = [];
    let status = 503;
    const ledger = createServer((incoming, outgoing) => {
      let body = '';
      incoming.on('data', (chunk: Buffer) => (body += chunk.toString()));
      incoming.on('end', () => {
        told.push({ url: incoming.url!, token: incoming.headers.authorization!, body });
        outgoing.writeHead(status).end('{}');
        status = 201;
      });
    });
    await new Promise<void>((done) => ledger.listen(0, '127.0.0.1', done));
    const url = `http://127.0.0.1:${(ledger.address() as AddressInfo).port}`;
    const token = join(lab.folder, 'ledger-token');
    writeFileSync(token, secrets.ledgerToken);
    const first = keep(await project.publish('--ledger', url, '--ledger-token-file', token));
    assert.equal(first.code, 0, first.stderr);
    assert.equal(told.length, 2);
    assert.equal(told[1]!.url, `/v1/services/till/releases/${project.digest}`);
    assert.equal(told[1]!.token, `Bearer ${secrets.ledgerToken}`);
    const { version, commit, repository, verdict } = JSON.parse(told[1]!.body) as Record<string, { status?: string }>;
    assert.deepEqual(
      [version, commit, repository, verdict!.status],
      ['1.0.0', project.commit, 'https://example.org/acme/till', 'passed'],
    );

    project.verdict({ finishedAt: new Date(Date.now() + 1000).toISOString() });
    await project.publish('--ledger', url, '--ledger-token-file', token);
    assert.equal(told[2]!.body, told[1]!.body);

    await new Promise((done) => ledger.close(done));
    const down = keep(await project.publish('--ledger', url, '--ledger-token-file', token));
    assert.equal(down.code, 0);
    assert.match(down.stderr, /^sluice: warning: published, but the ledger does not know of it: it can't be reached/m);
  });

  it('is not signed by an identity that is refused', async () => {
    const project = await new Project(lab, 'acme/keyless').make('one');
    const oidc = createServer((_, outgoing) => outgoing.writeHead(401).end('{"message":"token expired"}'));
    await new Promise<void>((done) => oidc.listen(0, '127.0.0.1', done));
    writeFileSync(join(lab.folder, 'oidc-url'), `http://127.0.0.1:${(oidc.address() as AddressInfo).port}/token?v=1`);
    writeFileSync(join(lab.folder, 'oidc-token'), secrets.oidcToken);
    const config = join(lab.folder, 'signing-config.json');
    execFileSync('cosign', [
      ...['signing-config', 'create', '--out', config, '--fulcio'],
      'url=http://127.0.0.1:1,api-version=1,start-time=2024-01-01T00:00:00Z,operator=test',
    ]);
    const answer = keep(
      await sluice(
        ...['publish', '--repository', `http://${lab.host}/acme/keyless`, '--archive', project.archive],
        ...['--reports', project.reports, '--source', project.folder, '--signing-config', config],
        ...['--oidc-url-file', join(lab.folder, 'oidc-url'), '--oidc-token-file', join(lab.folder, 'oidc-token')],
        ...[
          '--certificate-identity',
          'https://example.org/workflow',
          '--certificate-oidc-issuer',
          'https://example.org',
        ],
      ),
    );
    oidc.close();
    failsWith(answer, 1, /identity was refused|can't be reached/);
    assert.equal(await lab.tag('acme/keyless', 'latest'), undefined);
  });

  it('leaves no secret in any output, and none in anything that the registry keeps', async () => {
    const project = await new Project(lab, 'acme/secret').make('one');
    lab.credentials = Buffer.from(`${secrets.username}:${secrets.password}`).toString('base64');
    const args = ['--username', secrets.username, '--password-file', join(lab.folder, 'password')];
    assert.equal(keep(await project.publish(...args)).code, 0);
    assert.equal(keep(await project.verify(undefined, ...args)).code, 0);
    const key = readFileSync(join(lab.folder, 'cosign.key'), 'utf8').split('\n')[1]!;
    const basic = lab.credentials;
    const hidden = [secrets.keyPassword, secrets.password, secrets.ledgerToken, secrets.oidcToken, basic, key];
    const kept = readdirSync(join(lab.folder, 'registry'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'));
    assert.ok(kept.length > 20);
    const everything = [...printed, ...kept, ...lab.seen].join('\n');
    for (const secret of hidden) assert.ok(!everything.includes(secret), secret.slice(0, 12));
  });
});
