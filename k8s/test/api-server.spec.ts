/**
 * The overlays against a real API server (kube-apiserver and etcd, no kubelet): a dry run on the server's side, Pod Security enforced,
 * and the job that makes the secrets, with the rights it is given. Skipped where kube-apiserver, etcd or kubectl are not on the PATH.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { freePort } from '../../gate/src/host/free-port.ts';
import { build, documents, overlays, pods } from './manifests.ts';

const run = promisify(execFile);
const k8s = join(import.meta.dirname, '..');
const missing = ['kube-apiserver', 'etcd', 'kubectl'].filter(
  (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0,
);

describe('on an API server', { skip: missing.length > 0 && `not on the PATH: ${missing.join(', ')}` }, () => {
  const scratch = mkdtempSync(join(tmpdir(), 'sluice-k8s-'));
  const kubeconfig = join(scratch, 'kubeconfig');
  const processes: ChildProcess[] = [];
  let server = '';

  before(async () => {
    const [client, peer, secure] = [await freePort(), await freePort(), await freePort()];
    const etcd = `http://127.0.0.1:${client}`;
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    writeFileSync(join(scratch, 'accounts.pem'), privateKey.export({ type: 'pkcs1', format: 'pem' }));
    writeFileSync(join(scratch, 'tokens.csv'), 'admin,admin,admin,system:masters\n');
    start('etcd', [
      ...['--data-dir', join(scratch, 'etcd'), '--listen-client-urls', etcd, '--advertise-client-urls', etcd],
      ...['--listen-peer-urls', `http://127.0.0.1:${peer}`],
    ]);
    server = `https://127.0.0.1:${secure}`;
    start('kube-apiserver', [
      ...['--etcd-servers', etcd, '--bind-address', '127.0.0.1', '--secure-port', String(secure)],
      ...['--cert-dir', join(scratch, 'certificates'), '--token-auth-file', join(scratch, 'tokens.csv')],
      ...['--service-account-key-file', join(scratch, 'accounts.pem')],
      ...['--service-account-signing-key-file', join(scratch, 'accounts.pem')],
      ...['--service-account-issuer', 'https://kubernetes.default.svc', '--service-cluster-ip-range', '10.96.0.0/16'],
      ...['--authorization-mode', 'RBAC'],
    ]);
    const entry = (name: string, key: string, value: object) => ({ name, [key]: value });
    writeFileSync(
      kubeconfig,
      stringify({
        apiVersion: 'v1',
        kind: 'Config',
        clusters: [entry('test', 'cluster', { server, 'insecure-skip-tls-verify': true })],
        users: [entry('test', 'user', { token: 'admin' })],
        contexts: [entry('test', 'context', { cluster: 'test', user: 'test' })],
        'current-context': 'test',
      }),
    );
    for (let i = 0; ; i++) {
      if (await kubectl(['get', '--raw', '/readyz']).catch(() => undefined)) break;
      if (i === 120) throw new Error('the API server did not get ready');
      await wait(500);
    }
    // The Prometheus Operator's own definitions, where somebody has them; what needs them is left out otherwise.
    const definitions = process.env['SLUICE_TEST_CRDS'];
    if (definitions) await kubectl(['apply', '--server-side', '-f', definitions]);
    await kubectl(['apply', '-f', join(k8s, 'base/namespace.yaml')]);
  });

  after(async () => {
    for (const child of processes.reverse()) {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await new Promise((done) => child.once('exit', done));
    }
    rmSync(scratch, { recursive: true, force: true });
  });

  for (const overlay of overlays) {
    it(`${overlay}: every manifest is accepted`, async () => {
      const { stdout } = await apply(installable(build(join(k8s, 'overlays', overlay))), '--dry-run=server');
      assert.match(stdout, /deployment.apps\/release-ledger created/);
    });

    it(`${overlay}: every pod is admitted under the restricted profile`, async () => {
      const made = pods(documents(build(join(k8s, 'overlays', overlay))));
      for (const { name, labels, spec } of made) {
        const pod = { metadata: { name: 'tried', namespace: 'release-ledger', labels }, spec };
        // Accounts are looked for before a pod is admitted; here stands none yet.
        await apply(
          stringify({
            apiVersion: 'v1',
            kind: 'ServiceAccount',
            metadata: { ...pod.metadata, name: spec.serviceAccountName },
          }),
        );
        const { stdout } = await apply(stringify({ apiVersion: 'v1', kind: 'Pod', ...pod }), '--dry-run=server');
        assert.match(stdout, /pod\/tried created/, name);
      }
    });
  }

  it('a pod that runs as root is refused', async () => {
    const pod = structuredClone(pods(documents(build(join(k8s, 'overlays/production'))))[0]!);
    pod.spec.securityContext = { runAsUser: 0, seccompProfile: { type: 'RuntimeDefault' } };
    const text = stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'root', namespace: 'release-ledger' },
      spec: pod.spec,
    });
    await assert.rejects(apply(text, '--dry-run=server'), /violates PodSecurity "restricted:latest"/);
  });

  it('a mistyped field is refused', async () => {
    const text = build(join(k8s, 'overlays/production')).replace(
      'terminationGracePeriodSeconds',
      'terminationGracePeriod',
    );
    await assert.rejects(apply(installable(text), '--dry-run=server', '--validate=strict'), /unknown field/);
  });

  it(
    'a verified digest is rolled out by one command, to the service, the migration and /version',
    { skip: noTool('kustomize') },
    async () => {
      const copy = join(scratch, 'copy');
      for (const folder of ['base', 'components', 'overlays/production'])
        cpSync(join(k8s, folder), join(copy, folder), { recursive: true });
      const digest = `sha256:${'ab'.repeat(32)}`;
      await run('kustomize', ['edit', 'set', 'image', `release-ledger=registry.example/team/ledger@${digest}`], {
        cwd: join(copy, 'overlays/production'),
      });
      const text = build(join(copy, 'overlays/production'));
      assert.equal(text.split(`image: registry.example/team/ledger@${digest}`).length - 1, 2);
      assert.match(text, new RegExp(`name: IMAGE_DIGEST\\n\\s*value: ${digest}`));
    },
  );

  it('minikube: the secrets are made once, with no more rights than that', async () => {
    await apply(
      stringify({
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'make-secrets', namespace: 'release-ledger' },
      }),
    );
    for (const manifest of documents(build(join(k8s, 'overlays/minikube')))) {
      if (manifest.kind.startsWith('Role')) await apply(stringify(manifest));
    }
    const account = mkdtempSync(join(scratch, 'account-'));
    const token = (await kubectl(['create', 'token', 'make-secrets'])).stdout.trim();
    writeFileSync(join(account, 'token'), token);
    writeFileSync(join(account, 'namespace'), 'release-ledger');
    const make = () =>
      run(process.execPath, [join(k8s, 'overlays/minikube/make-secrets.mjs')], {
        env: {
          SERVICE_ACCOUNT: account,
          KUBERNETES_SERVICE_HOST: '127.0.0.1',
          KUBERNETES_SERVICE_PORT: new URL(server).port,
          NODE_EXTRA_CA_CERTS: join(scratch, 'certificates/apiserver.crt'),
        },
      });

    assert.equal((await make()).stdout.match(/^made /gm)?.length, 4);
    const first = await secrets();
    const url = first.get('release-ledger-database')!['api-url']!;
    assert.equal(url, `postgres://api:${first.get('postgres')!['api']}@postgres:5432/ledger`);
    assert.match(first.get('postgres')!['api']!, /^[0-9a-f]{64}$/);

    // One that was lost is made again, to fit the others.
    await kubectl(['delete', 'secret', 'release-ledger-database']);
    assert.equal((await make()).stdout.match(/^kept /gm)?.length, 3);
    assert.deepEqual(await secrets(), first);

    for (const forbidden of [
      ['get', 'secrets'],
      ['delete', 'secret', 'postgres'],
      ['get', 'secret', 'release-ledger-tokens'],
    ]) {
      await assert.rejects(
        kubectl([...forbidden, '--as=system:serviceaccount:release-ledger:make-secrets']),
        /Forbidden/,
      );
    }
  });

  async function secrets(): Promise<Map<string, Record<string, string>>> {
    const { stdout } = await kubectl(['get', 'secrets', '-o', 'json']);
    const { items } = JSON.parse(stdout) as { items: { metadata: { name: string }; data: Record<string, string> }[] };
    const plain = (data: Record<string, string>) =>
      Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]));
    return new Map(items.map(({ metadata, data }) => [metadata.name, plain(data)]));
  }

  function kubectl(args: string[]): Promise<{ stdout: string; stderr: string }> {
    // Discovery is cached below HOME.
    return run('kubectl', ['--namespace', 'release-ledger', ...args], {
      env: { ...process.env, KUBECONFIG: kubeconfig, HOME: scratch, NO_PROXY: '*' },
    });
  }

  async function apply(text: string, ...flags: string[]): Promise<{ stdout: string; stderr: string }> {
    const file = join(mkdtempSync(join(scratch, 'apply-')), 'manifest.yaml');
    writeFileSync(file, text);
    return kubectl(['apply', '-f', file, ...flags]);
  }

  function start(program: string, args: string[]): void {
    processes.push(spawn(program, args, { stdio: 'ignore' }));
  }
});

/** Without the Prometheus Operator's kinds, unless the server was taught them. */
function installable(text: string): string {
  const all = documents(text);
  const taught = process.env['SLUICE_TEST_CRDS'] !== undefined;
  return all
    .filter(({ apiVersion }) => taught || !apiVersion.startsWith('monitoring.coreos.com/'))
    .map((manifest) => stringify(manifest))
    .join('---\n');
}

function noTool(program: string): string | false {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0 ? false : `${program} is not on the PATH`;
}
