/** The engine: order, time-outs, the way back, and a crash at every point. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { Journal, type JournalText } from '../src/journal.ts';
import { type Step, transact, undo } from '../src/transaction.ts';

/** A host that is nothing but the set of what was done to it. */
class Marks {
  readonly set: Set<string>;
  readonly signal: AbortSignal | undefined;
  constructor(set = new Set<string>(), signal?: AbortSignal) {
    this.set = set;
    this.signal = signal;
  }
  within(signal: AbortSignal): Marks {
    return new Marks(this.set, signal);
  }
}

type Plan = { id: string };
const names = ['one', 'two', 'three'];

function mark(name: string, more: Partial<Step<Marks, Plan>> = {}): Step<Marks, Plan> {
  return {
    name,
    limit: 5,
    do: (host) => Promise.resolve(void host.set.add(name)),
    undo: (host) => Promise.resolve(void host.set.delete(name)),
    ...more,
  };
}

let directory: string;
let path: string;
let said: string[];
const say = (line: string) => void said.push(line);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-journal-'));
  path = join(directory, 'journal.json');
  said = [];
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test('all steps are done in their order, and each is written down before it begins', async () => {
  const host = new Marks();
  const seen: string[] = [];
  const steps = names.map((name) =>
    mark(name, {
      do: (at) => {
        const { entries } = JSON.parse(readFileSync(path, 'utf8')) as JournalText<Plan>;
        seen.push(entries.map(({ step, state }) => `${step} ${state}`).join(', '));
        at.set.add(name);
        return Promise.resolve(`did ${name}`);
      },
    }),
  );
  const outcome = await transact(steps, host, Journal.begin(path, { id: 'a' }), say);
  assert.deepEqual(outcome, { state: 'done', stuck: [] });
  assert.deepEqual(seen, ['one begun', 'one done, two begun', 'one done, two done, three begun']);
  assert.match(said[0]!, /^one +\d\.\d s {2}did one$/);
});

for (const failing of names) {
  test(`where "${failing}" fails, it and all before it are undone in reverse`, async () => {
    const host = new Marks();
    const undone: string[] = [];
    const steps = names.map((name) =>
      mark(name, {
        do: (at) => {
          at.set.add(name);
          return name === failing ? Promise.reject(new Error('it broke')) : Promise.resolve();
        },
        undo: (at) => {
          undone.push(name);
          at.set.delete(name);
          return Promise.resolve();
        },
      }),
    );
    const outcome = await transact(steps, host, Journal.begin(path, { id: 'a' }), say);
    assert.deepEqual(outcome, { state: 'undone', stuck: [], failure: `${failing}: it broke` });
    assert.deepEqual(undone, names.slice(0, names.indexOf(failing) + 1).reverse());
    assert.equal(host.set.size, 0);
  });
}

test('a step that takes too long is ended and undone', async () => {
  const host = new Marks();
  let ended = false;
  const hangs = mark('hangs', {
    limit: 0.05,
    do: (at) =>
      new Promise((_, fail) =>
        at.signal!.addEventListener('abort', () => {
          ended = true;
          fail(new Error('aborted'));
        }),
      ),
  });
  const outcome = await transact([mark('one'), hangs], host, Journal.begin(path, { id: 'a' }), say);
  assert.equal(outcome.failure, 'hangs: not done after 0.05 s');
  assert.ok(ended);
  assert.equal(host.set.size, 0);
});

for (const [index, name] of names.entries()) {
  for (const moment of ['before its work', 'in the middle of its work', 'before it is written down as done']) {
    test(`a crash in "${name}" ${moment} is undone by whoever comes next`, async () => {
      const host = new Marks();
      const crashed = Journal.begin<Plan>(path, { id: 'a' });
      for (const each of names.slice(0, index)) {
        crashed.write(each, 'begun');
        host.set.add(each);
        crashed.write(each, 'done');
      }
      crashed.write(name, 'begun');
      if (moment !== 'before its work') host.set.add(name);
      // Here the process is gone; another one reads what lies on the disk.
      const journal = Journal.unfinished<Plan>(path)!;
      assert.deepEqual(journal.plan, { id: 'a' });
      const steps = names.map((each) => mark(each));
      assert.equal((await undo(steps, host, journal, say)).state, 'undone');
      assert.equal(host.set.size, 0);
      // And once more, should that one crash as well.
      assert.equal((await undo(steps, host, Journal.unfinished<Plan>(path)!, say)).state, 'undone');
    });
  }
}

test('what cannot be undone is tried twice, named, and keeps none of the others from being undone', async () => {
  const host = new Marks();
  let tries = 0;
  const stubborn = mark('two', {
    undo: () => {
      tries += 1;
      return Promise.reject(new Error('Docker is away'));
    },
  });
  const steps = [mark('one'), stubborn, mark('three', { do: () => Promise.reject(new Error('it broke')) })];
  const outcome = await transact(steps, host, Journal.begin(path, { id: 'a' }), say);
  assert.deepEqual(outcome, { state: 'stuck', stuck: ['two: Docker is away'], failure: 'three: it broke' });
  assert.equal(tries, 2);
  assert.deepEqual([...host.set], ['two']);
  assert.equal(Journal.unfinished<Plan>(path)!.stateOf('two'), 'stuck');
});

test('a journal that cannot be written stops the way forward, never the way back', async () => {
  const host = new Marks();
  const journal = Journal.begin(path, { id: 'a' });
  const fills = mark('one', {
    do: (at) => {
      at.set.add('one');
      rmSync(directory, { recursive: true });
      // A file in the directory's place: no journal can be written any more, as on a full disk.
      journal.write = () => {
        throw new Error('ENOSPC: no space left on device');
      };
      return Promise.resolve();
    },
  });
  const outcome = await transact([fills, mark('two')], host, journal, say);
  assert.equal(outcome.state, 'undone');
  assert.match(outcome.failure!, /ENOSPC/);
  assert.equal(host.set.size, 0);
});
