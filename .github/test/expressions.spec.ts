/** What our workflows write between `${{` and `}}`. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { evaluate, fill, holds } from './expressions.ts';

describe('expressions', () => {
  const contexts = { github: { event: { fork: true }, ref: 'refs/heads/main' }, vars: {} };
  it('are GitHub’s as far as they go', () => {
    assert.equal(holds('!github.event.fork', contexts), false);
    assert.equal(holds("${{ github.ref == 'REFS/heads/main' && vars.NONE == '' }}", contexts), true);
    assert.equal(fill("${{ vars.NONE || 'other' }}-${{ github.event.none.deeper }}", contexts), 'other-');
  });
  it('are refused where they go further', () => {
    for (const text of ['always()', 'github.ref < 3', 'unknown.ref', "(github.ref == 'x'", "github['ref']"])
      assert.throws(() => evaluate(text, contexts), text);
  });
});
