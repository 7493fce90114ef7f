import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aFinding, aStage, aVerdict } from '../test/made-verdict.ts';
import { chunks, jsonPieces } from './json-pieces.ts';

describe('JSON in pieces', () => {
  it('is what JSON.stringify writes', () => {
    const many = Array.from({ length: 250 }, (_, i) =>
      aFinding({
        rule: `R${i}`,
        message: `line "1"\nline 2 \u2028`,
        cwe: i % 2 ? [79, i] : [],
        location: { path: 'ü' },
      }),
    );
    const values = [
      ...[null, 1, 'a\nb', [], {}, [[]], { a: undefined }, [undefined], { a: [], b: {} }, many],
      ...[
        { x: [many, {}, undefined], y: undefined, z: 1 },
        aVerdict([aStage('lint', 'eslint', many), aStage('test', 'jest', [])]),
      ],
    ];
    for (const value of values) assert.equal([...jsonPieces(value)].join(''), JSON.stringify(value, null, 2));
    const pieces = [...chunks(jsonPieces(many), 1000)];
    assert.equal(pieces.join(''), JSON.stringify(many, null, 2));
    assert.ok(pieces.length > 20 && pieces.every((piece) => piece.length < 2000));
  });
});
