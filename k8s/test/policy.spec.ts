/** Every pod is confined, every image pinned as elsewhere, no secret committed, and the times of stopping fit each other. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { builtIn } from '../../dagger/src/images.ts';
import { build, committed, containersOf, documents, noKustomize, overlays, pods } from './manifests.ts';

const noLinter = spawnSync('kube-linter', ['version']).status === 0 ? false : 'kube-linter is not on the PATH';
const k8s = join(import.meta.dirname, '..');
const found = committed();

/** What is wrong with a pod; nothing for a good one. */
function faults(pod: ReturnType<typeof pods>[number]): string[] {
  const { spec } = pod;
  const list: string[] = [];
  const context = spec.securityContext ?? {};
  if (!context.runAsNonRoot || !context.runAsUser) list.push('may run as root');
  if (context.seccompProfile?.type !== 'RuntimeDefault') list.push('no seccomp profile');
  if (spec.automountServiceAccountToken !== false && spec.serviceAccountName !== 'make-secrets') {
    list.push('gets a token for the API server');
  }
  for (const key of Object.keys(spec)) if (key.startsWith('host')) list.push(`shares ${key} with the node`);
  for (const { name, securityContext = {}, resources } of containersOf(spec)) {
    if (securityContext.privileged) list.push(`${name}: privileged`);
    if (securityContext.allowPrivilegeEscalation !== false) list.push(`${name}: may gain privileges`);
    if (!securityContext.readOnlyRootFilesystem) list.push(`${name}: root file system can be written`);
    if (!securityContext.capabilities?.drop?.includes('ALL')) list.push(`${name}: keeps capabilities`);
    if (securityContext.capabilities?.add) list.push(`${name}: adds capabilities`);
    for (const amount of ['cpu', 'memory', 'ephemeral-storage']) {
      if (!resources?.requests[amount]) list.push(`${name}: no request for ${amount}`);
      if (!resources?.limits[amount]) list.push(`${name}: no limit for ${amount}`);
    }
  }
  return list;
}

describe('every pod as it is written', () => {
  const all = pods(found.map(({ manifest }) => manifest));
  it('there are some', () => assert.ok(all.length >= 3));
  for (const pod of all) it(`${pod.name} is confined`, () => assert.deepEqual(faults(pod), []));

  it('this test would notice', () => {
    const pod = structuredClone(all[0]!);
    pod.spec.containers[0]!.securityContext = { privileged: true };
    pod.spec.hostNetwork = true;
    delete pod.spec.automountServiceAccountToken;
    assert.equal(faults(pod).length, 6);
  });
});

describe('images', () => {
  it('are those of the one table, but for the ledger itself, which overlays name', () => {
    const others = pods(found.map(({ manifest }) => manifest))
      .flatMap(({ spec }) => containersOf(spec))
      .map(({ image }) => image)
      .filter((image) => image !== 'release-ledger');
    assert.deepEqual([...new Set(others)], [builtIn.postgres15Host]);
  });

  it('PostgreSQL is the same digest in Compose', () => {
    const compose = readFileSync(join(k8s, '../compose/compose.yaml'), 'utf8');
    assert.ok(compose.includes(builtIn.postgres15Host));
  });
});

describe('the base', () => {
  const deployment = found.find(({ manifest }) => manifest.kind === 'Deployment')!.manifest;
  const api = deployment.spec!.template!.spec.containers[0]!;

  it('gives the ledger time for what it does when it is stopped', () => {
    const { configMapGenerator } = parse(readFileSync(join(k8s, 'base/kustomization.yaml'), 'utf8')) as {
      configMapGenerator: { literals: string[] }[];
    };
    const settings = Object.fromEntries(
      configMapGenerator[0]!.literals.map((line) => line.split('=') as [string, string]),
    );
    const sleep = api.lifecycle!.preStop!.sleep!.seconds;
    const grace = deployment.spec!.template!.spec.terminationGracePeriodSeconds!;
    // SHUTDOWN_TIMEOUT_MS counts from SIGTERM, so DRAIN_MS is part of it.
    assert.ok(Number(settings['DRAIN_MS']) < Number(settings['SHUTDOWN_TIMEOUT_MS']));
    assert.ok(sleep + Number(settings['SHUTDOWN_TIMEOUT_MS']) / 1000 < grace, 'killed before it has ended itself');
    assert.equal(settings['READS'], 'token', 'reads are closed by default');
  });

  it('probes start, life and readiness', () => {
    assert.ok(api.startupProbe && api.livenessProbe && api.readinessProbe);
  });
});

it('no secret is committed but the example, which holds none', () => {
  const secrets = found.filter(({ manifest }) => manifest.kind === 'Secret');
  assert.deepEqual([...new Set(secrets.map(({ file }) => file))], ['secrets.example.yaml']);
  assert.doesNotMatch(readFileSync(join(k8s, 'secrets.example.yaml'), 'utf8'), /[0-9a-f]{16}/);
});

describe('overlays', { skip: noKustomize ?? false }, () => {
  for (const overlay of overlays) {
    it(`${overlay}: builds, and every pod is confined and in the namespace`, () => {
      const manifests = documents(build(join(k8s, 'overlays', overlay)));
      assert.ok(pods(manifests).length > 0);
      for (const pod of pods(manifests)) assert.deepEqual(faults(pod), [], pod.name);
      for (const { kind, metadata } of manifests) {
        if (kind !== 'Namespace') assert.equal(metadata.namespace, 'release-ledger', `${kind}/${metadata.name}`);
      }
    });
  }

  for (const overlay of overlays) {
    it(`${overlay}: kube-linter finds nothing`, { skip: noLinter }, () => {
      const input = build(join(k8s, 'overlays', overlay));
      const { status, stdout, stderr } = spawnSync('kube-linter', ['lint', '-'], { input, encoding: 'utf8' });
      assert.equal(status, 0, stdout + stderr);
    });
  }

  it('minikube: PostgreSQL has the settings and roles of the Compose stack', () => {
    const settings = documents(build(join(k8s, 'overlays/minikube'))).find(
      ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'postgres-settings',
    );
    for (const file of ['postgresql.conf', 'roles.sh']) {
      assert.equal(settings?.data?.[file], readFileSync(join(k8s, '../compose/postgres', file), 'utf8'));
    }
  });

  it('production: /version is told the digest that runs', () => {
    const [ledger] = pods(documents(build(join(k8s, 'overlays/production'))));
    const { image, env } = ledger!.spec.containers[0]!;
    assert.match(image, /@sha256:[0-9a-f]{64}$/);
    assert.equal(ledger!.spec.initContainers![0]!.image, image);
    assert.deepEqual(env, [{ name: 'IMAGE_DIGEST', value: image.slice(image.indexOf('@') + 1) }]);
  });
});
