/** Each job's steps, run as a runner would; dagger, gh, curl and docker are programs that note down how they were called. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import { type JobResult, type Occasion, runJob } from './run-steps.ts';

const scratch = mkdtempSync(join(tmpdir(), 'sluice-jobs-'));
const bin = join(scratch, 'bin');
const calls = join(scratch, 'calls');
const digest = `sha256:${'ab'.repeat(32)}`;
const source = join(scratch, 'source');
mkdirSync(bin);
mkdirSync(source);
after(() => rmSync(scratch, { recursive: true, force: true }));

const noJq = spawnSync('jq', ['--version']).error ? 'jq is not on the PATH' : false;

/** A program that notes its arguments, then does what the shell text says. */
function program(name: string, text: string): void {
  writeFileSync(join(bin, name), `#!/bin/bash\nprintf '%s\\n' "${name} $*" >> ${calls}\n${text}\n`);
  chmodSync(join(bin, name), 0o755);
}

/** Dagger whose `ci` and `publish` end with this exit code; its reports are there whatever comes of it, as the real one's. */
function dagger(verdict: number): void {
  program(
    'dagger',
    `case $2 in
      reports) mkdir -p reports && echo '{}' > reports/sluice.sarif && echo 'verdict of $GITHUB_SHA' > reports/summary.md ;;
      ci|rescan|self-test) exit ${verdict} ;;
      publish) [ ${verdict} = 0 ] && printf 'published\\n%s\\n' 'ghcr.io/acme/sluice@${digest}' || exit ${verdict} ;;
      deploy) exit ${verdict} ;;
    esac`,
  );
}

function called(): string[] {
  return existsSync(calls) ? readFileSync(calls, 'utf8').trimEnd().split('\n') : [];
}

function run(occasion: Omit<Occasion, 'path' | 'leaveOut'> & Partial<Occasion>): JobResult {
  const result = runJob({ source, path: [bin], leaveOut: ['Install Dagger'], ...occasion });
  rmSync(dirname(result.workspace), { recursive: true, force: true });
  return result;
}

function states({ steps }: JobResult): Record<string, string> {
  return Object.fromEntries(steps.map(({ name, state }) => [name.replace(/@.*/, ''), state]));
}

beforeEach(() => {
  rmSync(calls, { force: true });
  dagger(0);
  program('gh', '');
});

const ours = { repository: { fork: false } };
function pullRequest(from: string): Partial<Occasion> & Pick<Occasion, 'workflow' | 'job' | 'eventName' | 'event'> {
  const pull_request = { head: { repo: { full_name: from } }, html_url: 'https://github.com/Acme/Sluice/pull/7' };
  return {
    workflow: 'ci.yml',
    job: 'pull-request',
    eventName: 'pull_request',
    event: { ...ours, pull_request },
    ref: 'refs/pull/7/merge',
  };
}
const push: Pick<Occasion, 'workflow' | 'eventName' | 'event'> = { workflow: 'ci.yml', eventName: 'push', event: ours };

describe('a pull request', () => {
  it('of this repository is judged, shown, commented, and green if it passed', () => {
    const result = run(pullRequest('acme/sluice'));
    assert.equal(result.state, 'green', result.log);
    assert.match(result.summary, /verdict of/);
    assert.deepEqual(called(), [
      'dagger call reports export --path reports',
      'gh pr comment https://github.com/Acme/Sluice/pull/7 --body-file reports/summary.md --edit-last --create-if-none',
      'dagger call ci',
    ]);
  });

  it('that failed is red at its last step; artifact, findings, summary and comment were there before', () => {
    for (const verdict of [1, 2, 3]) {
      dagger(verdict);
      const result = run(pullRequest('Acme/Sluice'));
      assert.equal(result.state, 'red');
      assert.equal(result.steps.find(({ state }) => state === 'failed')?.exitCode, verdict);
      assert.equal(result.steps.at(-1)?.state, 'failed');
      assert.match(result.summary, /verdict of/);
      const taken = result.steps.flatMap(({ takes = {} }) => Object.entries(takes));
      assert.deepEqual(taken, [
        ['reports', true],
        ['reports/sluice.sarif', true],
      ]);
    }
  });

  it('of a fork gets the summary only', () => {
    const result = run(pullRequest('stranger/sluice'));
    assert.equal(result.state, 'green', result.log);
    assert.match(result.summary, /verdict of/);
    assert.equal(states(result)['Show the findings in code scanning'], 'skipped');
    assert.ok(!called().some((line) => line.startsWith('gh ')));
  });

  it('that changes a gate is red where a gate does not bite', () => {
    const selfTest = { ...pullRequest('Acme/Sluice'), workflow: 'self-test.yml', job: 'self-test' };
    assert.equal(run(selfTest).state, 'green');
    dagger(1);
    assert.equal(run(selfTest).state, 'red');
    assert.deepEqual(called(), ['dagger call self-test', 'dagger call self-test']);
  });

  it('is none of the other jobs', () => {
    assert.equal(run({ ...pullRequest('Acme/Sluice'), job: 'release' }).state, 'skipped');
    assert.equal(run({ ...push, job: 'pull-request' }).state, 'skipped');
  });
});

describe('a push to main', () => {
  it('is published in small letters, signed as this workflow, and hands on the digest', () => {
    const result = run({ ...push, job: 'release' });
    assert.equal(result.state, 'green', result.log);
    assert.deepEqual(result.outputs, { image: `ghcr.io/acme/sluice@${digest}` });
    const publish = called().at(-1)!;
    assert.match(publish, / --repository ghcr\.io\/acme\/sluice --username octocat --password env:REGISTRY_PASSWORD /);
    assert.match(
      publish,
      / --certificate-identity https:\/\/github\.com\/Acme\/Sluice\/\.github\/workflows\/ci\.yml@refs\/heads\/main /,
    );
  });

  it('that did not pass is red, and hands on nothing', () => {
    dagger(1);
    const result = run({ ...push, job: 'release' });
    assert.equal(result.state, 'red');
    assert.deepEqual(result.outputs, {});
    assert.equal(states(result)['Keep the reports'], 'left out');
    assert.match(result.summary, /verdict of/);
  });
});

describe('a deployment', () => {
  const deploy: Occasion = {
    workflow: 'deploy.yml',
    job: 'deploy',
    eventName: 'workflow_dispatch',
    event: ours,
    inputs: { image: `ghcr.io/acme/sluice@${digest}` },
    vars: {
      DEPLOY_TARGET: 'ssh://deployer@host',
      DEPLOY_KNOWN_HOSTS: 'host ssh-ed25519 A',
      SLUICE_POLICY_HASH: 'f'.repeat(64),
    },
    secrets: { DEPLOY_SSH_KEY: 'a key' },
  };

  it('goes over SSH by the host keys of the environment', () => {
    program('dagger', 'while [ "$1" != --known-hosts ]; do shift; done; cat "$2"; echo "$DEPLOY_SSH_KEY"');
    const result = run(deploy);
    assert.equal(result.state, 'green', result.log);
    assert.match(result.log, /^host ssh-ed25519 A\na key$/m);
    assert.match(called()[0]!, / --ssh-key env:DEPLOY_SSH_KEY .* --policy-hash f{64} /);
    assert.equal(result.runsOn, 'ubuntu-24.04');
  });

  it('uses the socket of the machine where the runner is that machine', () => {
    const result = run({ ...deploy, vars: { ...deploy.vars, DEPLOY_TARGET: 'local', DEPLOY_RUNNER: 'production' } });
    assert.match(
      called()[0]!,
      /^dagger call deploy --target local --docker unix:\/\/\/var\/run\/docker\.sock --image /,
    );
    assert.equal(result.runsOn, 'production');
  });

  it('of an image whose name is a command runs none', () => {
    run({ ...deploy, inputs: { image: '$(touch pwned) `id`; x' } });
    assert.match(called()[0]!, / --image \$\(touch pwned\) `id`; x /);
  });

  it('that is refused is red', () => {
    dagger(1);
    assert.equal(run(deploy).state, 'red');
  });

  it('never runs for a fork, which has no variables', () => {
    assert.equal(run({ ...deploy, event: { repository: { fork: true } }, vars: {}, secrets: {} }).state, 'skipped');
    assert.deepEqual(called(), []);
  });

  it('without its known hosts or policy hash hands Dagger nothing in their place, which it refuses', () => {
    run({ ...deploy, vars: { DEPLOY_TARGET: 'ssh://deployer@host' } });
    assert.match(called()[0]!, /--policy-hash {2}--certificate-identity /);
  });
});

describe('the night', () => {
  const night = { workflow: 'nightly.yml', eventName: 'schedule', event: ours };
  const ledger = { vars: { LEDGER_URL: 'https://ledger.example' }, secrets: { LEDGER_TOKEN: 't' } };

  it('judges again what the ledger says', { skip: noJq }, () => {
    program('curl', `echo '{"current":{"digest":"${digest}"}}'`);
    assert.equal(run({ ...night, ...ledger, job: 'rescan' }).state, 'green');
    assert.match(
      called()[1]!,
      /^dagger call rescan --image ghcr\.io\/acme\/sluice@sha256:(ab){32} --policy sluice\.yaml /,
    );
  });

  it('is red where the ledger does not answer, or nothing runs', { skip: noJq }, () => {
    for (const answer of ['exit 22', `echo '{"current":null}'`, `echo '<html>'`]) {
      rmSync(calls, { force: true });
      program('curl', answer);
      assert.equal(run({ ...night, ...ledger, job: 'rescan' }).state, 'red', answer);
      assert.ok(!called().some((line) => line.startsWith('dagger')), answer);
    }
  });

  it('asks no ledger where there is none', () => {
    assert.equal(run({ ...night, job: 'rescan' }).state, 'skipped');
  });

  it('drills the restore on the machine itself only', () => {
    program('docker', '');
    assert.equal(run({ ...night, job: 'restore-drill' }).state, 'skipped');
    assert.equal(run({ ...night, job: 'restore-drill', vars: { DEPLOY_TARGET: 'local' } }).state, 'green');
    assert.deepEqual(called(), ['docker exec sluice-backup-1 bash /etc/postgresql/backup.sh drill']);
  });
});

describe('the action that installs Dagger', () => {
  /** The job that uses it first thing, with an archive of ours in place of the one that is fetched. */
  function install(sum?: string): JobResult {
    const folder = mkdtempSync(join(scratch, 'archive-'));
    writeFileSync(join(folder, 'dagger'), '#!/bin/sh\necho "installed: $*"\n', { mode: 0o755 });
    const archive = join(folder, 'dagger.tar.gz');
    execFileSync('tar', ['-czf', archive, '-C', folder, 'dagger']);
    program('curl', `while [ "$1" != --output ]; do shift; done; cp ${archive} "$2"`);
    return run({
      ...{ workflow: 'deploy.yml', job: 'deploy', eventName: 'push', event: ours, leaveOut: [] },
      vars: { DEPLOY_TARGET: 'local' },
      prepare: (workspace) => {
        const file = join(workspace, '.github/actions/dagger/action.yml');
        const actual = createHash('sha256').update(readFileSync(archive)).digest('hex');
        writeFileSync(file, readFileSync(file, 'utf8').replace(/X64: .*/, `X64: ${sum ?? actual}`));
      },
    });
  }

  it('puts what has the checksum on the PATH of the steps after it', () => {
    const result = install();
    assert.equal(result.state, 'green', result.log);
    assert.match(result.log, /^installed: call deploy /m);
  });

  it('ends the job where the checksum is another', () => {
    const result = install('a'.repeat(64));
    assert.equal(result.state, 'red');
    assert.match(result.log, /computed checksum did NOT match/);
    assert.equal(result.steps.at(-1)?.state, 'skipped');
  });
});

describe('accepted risks that end soon', { skip: noJq }, () => {
  const waiver = { id: 'CVE-1', owner: 'ann', reason: 'no fix', expires: '2026-12-01' };
  const script = join(import.meta.dirname, '../expiring-waivers.sh');

  /** The script where `sluice waivers` says this, and an issue of this number is open. */
  function say(waivers: object[], open = ''): string[] {
    const folder = mkdtempSync(join(scratch, 'waivers-'));
    program('npm', '');
    program('npx', `echo '${JSON.stringify(waivers)}'`);
    program('gh', `[ "$2" != list ] || echo "${open}"; [ ! -s body.md ] || cat body.md >> ${calls}`);
    const env = { ...process.env, PATH: `${bin}:${process.env['PATH']}` };
    const { status, stderr } = spawnSync('sh', [script], { cwd: folder, env, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    return called().filter((line) => /^(gh issue (create|edit|close)|- )/.test(line));
  }

  it('open one issue, keep it up to date, and close it', () => {
    const soon = [{ ...waiver, state: 'expiring', daysLeft: 9 }];
    assert.match(
      say(soon).join('\n'),
      /gh issue create --title Accepted risks end soon .*\n- `CVE-1`, ann: 9 days left/,
    );
    assert.match(say(soon, '12').join('\n'), /gh issue edit 12 /);
    assert.match(say([{ ...waiver, state: 'active', daysLeft: 90 }], '12').join('\n'), /gh issue close 12 /);
  });

  it('are no issue where there are none', () => {
    assert.deepEqual(say([]), []);
  });
});
