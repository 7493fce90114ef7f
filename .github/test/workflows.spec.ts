/** The workflows are as little YAML as possible and as safe as we know how: pinned, least rights, no text of strangers in a shell. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';

interface Step {
  name?: string;
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
}
interface Job {
  uses?: string;
  steps?: Step[];
  permissions?: Record<string, string>;
  'timeout-minutes'?: number;
}
interface Workflow {
  permissions: unknown;
  jobs: Record<string, Job>;
}

const root = join(import.meta.dirname, '../..');
const folder = join(root, '.github/workflows');
const files = readdirSync(folder);

for (const file of files) {
  const text = readFileSync(join(folder, file), 'utf8');
  const workflow = parse(text) as Workflow;
  const jobs = Object.entries(workflow.jobs);
  const steps = jobs.flatMap(([, job]) => job.steps ?? []);

  describe(file, () => {
    it('has fewer than 80 lines', () => {
      assert.ok(text.trimEnd().split('\n').length < 80);
    });

    it('grants nothing to all jobs, and to each only what it says', () => {
      assert.deepEqual(workflow.permissions, {});
      for (const [name, job] of jobs) assert.ok(job.permissions, `${name} names no permissions`);
      // The reason stands on the line.
      for (const line of text.split('\n')) if (/^ {6,}[a-z-]+: (read|write)\b/.test(line)) assert.match(line, / # \w/);
    });

    it('bounds the time of every job', () => {
      for (const [name, job] of jobs) if (!job.uses) assert.ok(job['timeout-minutes'], `${name} has no time-out`);
    });

    it('pins every action by commit, with its version beside it', () => {
      for (const [, used, comment] of text.matchAll(/uses: (\S+)(.*)/g)) {
        if (used!.startsWith('./')) continue;
        assert.match(used!, /@[0-9a-f]{40}$/);
        assert.match(comment!, / # v\d+\.\d+\.\d+$/);
      }
    });

    it('leaves no token in a checkout', () => {
      for (const step of steps) {
        if (step.uses?.startsWith('actions/checkout@')) assert.equal(step.with?.['persist-credentials'], false);
      }
    });

    it('pastes nothing into a shell: values come as variables', () => {
      for (const step of steps) assert.doesNotMatch(step.run ?? '', /\$\{\{/, step.name);
    });
  });
}

it('the action that installs Dagger installs the version of dagger.json', () => {
  const { engineVersion } = JSON.parse(readFileSync(join(root, 'dagger.json'), 'utf8')) as { engineVersion: string };
  const action = readFileSync(join(root, '.github/actions/dagger/action.yml'), 'utf8');
  assert.equal(/^ +VERSION: (\S+)$/m.exec(action)?.[1], engineVersion.slice(1));
});

it('ci.yml passes deploy.yml every secret by name: an environment does not give them to a called workflow by itself', () => {
  const text = readFileSync(join(folder, 'deploy.yml'), 'utf8');
  const { on, jobs } = parse(text) as { on: { workflow_call: { secrets: object } }; jobs: object };
  const read = [...new Set([...JSON.stringify(jobs).matchAll(/secrets\.([A-Z_]+)/g)].map(([, name]) => name!))];
  assert.deepEqual(Object.keys(on.workflow_call.secrets), read);
  const { deploy } = (
    parse(readFileSync(join(folder, 'ci.yml'), 'utf8')) as { jobs: Record<string, { secrets: object }> }
  ).jobs;
  assert.deepEqual(deploy!.secrets, Object.fromEntries(read.map((name) => [name, `\${{ secrets.${name} }}`])));
});

it('every secret and variable that a workflow reads stands in the README', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const read = files.flatMap((file) => [
    ...readFileSync(join(folder, file), 'utf8').matchAll(/\b(?:secrets|vars)\.([A-Z_]+)/g),
  ]);
  for (const [, name] of read)
    if (name !== 'GITHUB_TOKEN') assert.ok(readme.includes(`\`${name}\``), `${name} is not explained`);
});

describe('linters', () => {
  const linters: [string, string[]][] = [
    ['actionlint', []],
    ['zizmor', ['--offline', '--persona', 'pedantic', '--no-progress', '.github']],
  ];
  for (const [program, args] of linters) {
    const skip = spawnSync(program, ['--version']).error ? `${program} is not on the PATH` : false;
    it(`${program} finds nothing`, { skip }, () => {
      const { status, stdout, stderr } = spawnSync(program, args, { cwd: root, encoding: 'utf8' });
      assert.equal(status, 0, stdout + stderr);
    });
  }
});

it('Renovate waits a week', () => {
  assert.ok(existsSync(join(root, '.github/renovate.json')));
  const { minimumReleaseAge } = JSON.parse(readFileSync(join(root, '.github/renovate.json'), 'utf8')) as Record<
    string,
    string
  >;
  assert.equal(minimumReleaseAge, '7 days');
});
