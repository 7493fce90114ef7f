import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { withWaiver } from './ledger.ts';
import { parsePolicy, type Waiver } from './policy.ts';

const day = '2026-11-22';
const waiver: Waiver = { id: 'CVE-2099-1', owner: 'ann', reason: 'not reachable: no input', expires: '2026-12-01' };
const add = (text: string, one = waiver) => withWaiver(text, one, 'sluice.yaml', day);
const added = `  - id: CVE-2099-1
    owner: ann
    reason: "not reachable: no input"
    expires: 2026-12-01
`;
const ben = '- { id: x, owner: ben, reason: r, expires: 2026-12-02 }';

describe('a waiver that is added to sluice.yaml', () => {
  for (const [what, text, expected] of [
    ['an empty file', '', `waivers:\n${added}`],
    ['a file of comments', '# Policy\n', `# Policy\n\nwaivers:\n${added}`],
    ['no list', 'stages:\n  lint:   {}  # all\n', `stages:\n  lint:   {}  # all\n\nwaivers:\n${added}`],
    ['an empty list', 'waivers: []\n', `waivers:\n${added}`],
    [
      'an empty list with a comment',
      'waivers: [ ]   # none yet\nblock: all\n',
      `waivers:   # none yet\n${added}block: all\n`,
    ],
    ['a list without a value', 'waivers:\n# the end\n', `waivers:\n${added}# the end\n`],
    ['no line break at the end', 'waivers:', `waivers:\n${added}`],
    [
      'a list',
      `waivers:\n  # why\n  ${ben} # for now\n\n  # - id: old\nblock: all\n`,
      `waivers:\n  # why\n  ${ben} # for now\n${added}\n  # - id: old\nblock: all\n`,
    ],
    [
      'a list that is not indented',
      `waivers:\n${ben}\nblock: all\n`,
      `waivers:\n${ben}\n${added.replace(/^ {2}/gm, '')}block: all\n`,
    ],
    [
      'a waiver whose reason has several lines',
      'waivers:\n  - id: x\n    owner: ben\n    expires: 2026-12-02\n    reason: |\n      one\n\n      two\nblock: all\n',
      `waivers:\n  - id: x\n    owner: ben\n    expires: 2026-12-02\n    reason: |\n      one\n\n      two\n${added}block: all\n`,
    ],
    [
      'a list in brackets',
      'waivers: [{ id: x, owner: b, reason: r, expires: 2026-12-02 } ] # w\n',
      `waivers: [{ id: x, owner: b, reason: r, expires: 2026-12-02 }, ${JSON.stringify(waiver)}] # w\n`,
    ],
  ] as const) {
    it(`keeps every other byte: ${what}`, () => {
      assert.equal(add(text), expected);
      assert.equal(parsePolicy(Buffer.from(add(text)), 'p', day).waivers.at(-1)!.id, waiver.id);
    });
  }

  it("keeps Windows' line ends", () => {
    assert.equal(add('# a\r\nwaivers: []\r\n'), `# a\r\nwaivers:\r\n${added.replaceAll('\n', '\r\n')}`);
  });

  it("keeps this repository's own policy line by line", () => {
    const own = readFileSync(new URL('../../sluice.yaml', import.meta.url), 'utf8');
    const kept = own.split('\n').filter((line) => line !== 'waivers: []');
    const after = add(own).split('\n');
    for (const line of kept) assert.ok(after.includes(line), line);
  });

  it('writes what looks like a number, a flag or YAML as text', () => {
    for (const text of ['1065', 'true', '*', '- x', '"', "it's", 'a: b # c', 'ü\u2028', '{', 'a\nb']) {
      const one = { ...waiver, id: text, reason: text, path: 'src/' };
      assert.deepEqual(parsePolicy(Buffer.from(add('waivers: []\n', one)), 'p', day).waivers, [one]);
    }
  });

  it('refuses a list that it can not add to, and a file that is no policy', () => {
    for (const text of ['{ waivers: [] }\n', '{ block: all }\n', 'block: all\n...\n']) {
      assert.throws(() => add(text), { message: /write the waiver there by hand$/ }, text);
    }
    assert.throws(() => add('waivers: { }\n'), { name: 'PolicyError' });
    assert.throws(() => add('waivers: [\n'), { name: 'PolicyError' });
  });
});
