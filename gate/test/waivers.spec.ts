/** `sluice waive` and `sluice waivers` as a user types them. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Finding } from '../src/model.ts';
import { aFinding, aStage, aVerdict } from './made-verdict.ts';
import { sample, sluice } from './sample.ts';

const policy = '# Ours\nproject: {  name: shop }   # spaced as we like\n\nwaivers: []\n';
const today = ['--today', '2026-11-22'];
const flags = ['--owner', 'ann', '--reason', 'not reachable', '--expires', '2026-12-01', ...today];

describe('sluice waive', () => {
  it('adds to the policy, keeps the rest, and the next look at the policy has it', async (test) => {
    const folder = sample(test, { 'sluice.yaml': policy });
    const { code, stdout, stderr } = await sluice(folder, ['waive', 'CVE-2099-1', ...flags, '--package', 'tar']);
    assert.equal(code, 0, stderr);
    assert.equal(stdout, 'sluice.yaml: CVE-2099-1 is waived for 9 days\n');
    const text = readFileSync(join(folder, 'sluice.yaml'), 'utf8');
    assert.ok(text.startsWith(policy.replace('waivers: []\n', 'waivers:\n  - id: CVE-2099-1\n')));
    const listed = await sluice(folder, ['waivers', '--json', ...today]);
    assert.deepEqual(JSON.parse(listed.stdout), [
      {
        ...{ id: 'CVE-2099-1', owner: 'ann', reason: 'not reachable', expires: '2026-12-01', package: 'tar' },
        ...{ daysLeft: 9, state: 'expiring' },
      },
    ]);
  });

  it('makes a policy where there is none, writes through a link, and keeps the mode', async (test) => {
    const folder = sample(test);
    assert.equal((await sluice(folder, ['waive', 'x', ...flags])).code, 0);
    mkdirSync(join(folder, 'policies'));
    writeFileSync(join(folder, 'policies/real.yaml'), policy);
    chmodSync(join(folder, 'policies/real.yaml'), 0o600);
    symlinkSync('policies/real.yaml', join(folder, 'linked.yaml'));
    assert.equal((await sluice(folder, ['waive', 'x', ...flags, '--policy', 'linked.yaml'])).code, 0);
    assert.match(readFileSync(join(folder, 'policies/real.yaml'), 'utf8'), /id: x/);
    assert.equal(statSync(join(folder, 'policies/real.yaml')).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(join(folder, 'policies')), ['real.yaml']);
  });

  it('refuses in one line, and writes nothing', async (test) => {
    const folder = sample(test, { 'sluice.yaml': policy });
    await sluice(folder, ['waive', 'there', ...flags, '--stage', 'lint']);
    const before = readFileSync(join(folder, 'sluice.yaml'), 'utf8');
    for (const [args, line] of [
      [[...flags, '--expires', '2027-06-01'], /--expires: is too far ahead, allowed: at most 180 days, 2027-05-21/],
      [[...flags, '--expires', '2026-02-30'], /--expires: must be a day that exists/],
      [[...flags, '--expires', '2026-11-21'], /--expires: 2026-11-21 has passed/],
      [[...flags, '--stage', 'lunch'], /--stage: must be one of: lint, typecheck/],
      [[...flags, '--stage', 'test'], /--stage: what test finds can't be waived/],
      [[...flags, '--until', 'never'], /--until: must be one of: fixed/],
      [[...flags, '--path', '../x'], /--path: must be a path inside the repository/],
      [[...flags, '--reason', ' '], /--reason: must not be empty/],
      [today, /--owner: missing, must be text; --reason: missing, must be text; --expires: missing, must be text/],
      [[...flags, '--policy', 'nowhere.yaml'], /cannot read nowhere\.yaml: no such file/],
      [[...flags, 'y'], /waive takes one ID/],
    ] as const) {
      const { code, stderr } = await sluice(folder, ['waive', 'x', ...args]);
      assert.equal(code, 2, stderr);
      assert.match(stderr, line);
      assert.equal(stderr.trim().split('\n').length, 1, stderr);
    }
    const again = await sluice(folder, ['waive', 'there', ...flags, '--owner', 'ben', '--stage', 'lint']);
    assert.match(again.stderr, /has that waiver already, of ann until 2026-12-01: change it there/);
    assert.equal(readFileSync(join(folder, 'sluice.yaml'), 'utf8'), before);
    writeFileSync(join(folder, 'sluice.yaml'), 'lint: {}\n');
    assert.match((await sluice(folder, ['waive', 'x', ...flags])).stderr, /^sluice\.yaml:1: lint: unknown key/);
  });
});

describe('sluice waivers', () => {
  const entry = (id: string, expires: string, more = '') =>
    `  - { id: ${id}, owner: ann, reason: r, expires: ${expires}${more} }\n`;
  const ledger = `waivers:\n${entry('far', '2027-01-01', ', path: src/, package: tar')}${entry('soon', '2026-12-06')}${entry('gone', '2026-11-20')}${entry('nothing', '2027-01-01', ', stage: lint')}`;

  it('shows each with where it holds, its owner, the days left and its state', async (test) => {
    const folder = sample(test, { 'sluice.yaml': ledger });
    const { stdout } = await sluice(folder, ['waivers', ...today]);
    assert.equal(
      stdout,
      `id       stage  where        owner  until       days left  state
far      any    tar in src/  ann    2027-01-01         40  active
soon     any    anywhere     ann    2026-12-06         14  expiring
gone     any    anywhere     ann    2026-11-20         -2  expired
nothing  lint   anywhere     ann    2027-01-01         40  active
`,
    );
    writeFileSync(join(folder, 'sluice.yaml'), '');
    assert.equal((await sluice(folder, ['waivers'])).stdout, 'sluice.yaml waives nothing\n');
  });

  it('calls stale what matches nothing in a verdict whose stages looked', async (test) => {
    const folder = sample(test, { 'sluice.yaml': ledger });
    mkdirSync(join(folder, 'reports'));
    const states = async (found: Finding[], status: 'passed' | 'broken' = 'passed') => {
      const verdict = aVerdict([aStage('lint', 'eslint', found, status)]);
      writeFileSync(join(folder, 'reports/verdict.json'), JSON.stringify(verdict));
      const { stdout, stderr } = await sluice(folder, ['waivers', '--json', '--reports', 'reports', ...today]);
      assert.equal(stderr, '');
      return (JSON.parse(stdout) as { state: string }[]).map(({ state }) => state).join(' ');
    };
    const here = { location: { path: 'src/a.ts' }, package: { name: 'tar', version: '1' } };
    assert.equal(await states([]), 'stale stale stale stale');
    assert.equal(await states([], 'broken'), 'active expiring expired active');
    const matched = [
      aFinding({ rule: 'far', ...here }),
      aFinding({ rule: 'x', aliases: ['gone'] }),
      aFinding({ rule: 'nothing' }),
    ];
    assert.equal(await states(matched), 'active stale expired active');
    assert.equal((await sluice(folder, ['waivers', '--reports', 'nowhere'])).code, 2);
  });
});
