/** The rules on the open part of the corpus, by which they were written: a change that loses a defect or cries wolf fails here. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { it } from 'node:test';
import { findings, score } from './score.ts';

it('catches the planted defects of the open part and none of their look-alikes', async () => {
  const folder = join(import.meta.dirname, 'corpus');
  const { single, crossFile, harmless } = score(await findings(folder), folder);
  assert.deepEqual(single, { defects: 101, caught: 101, lookalikes: 168, falseAlarms: 0 });
  assert.deepEqual(crossFile, { defects: 15, caught: 11, lookalikes: 18, falseAlarms: 0 });
  assert.equal(harmless, 0);
});
