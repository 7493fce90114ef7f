import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { counts, read, refusal, reportText } from '../../test/report-file.ts';

describe('the OpenAPI reader', () => {
  it('counts the operations, not the paths', () => {
    assert.deepEqual(counts(read('openapi/items.json')), { operations: 3 });
    const two = '{"swagger":"2.0","paths":{"/a":{"parameters":[],"get":{},"delete":{}}}}';
    assert.deepEqual(counts(read('openapi/x.json', two)), { operations: 2 });
    assert.deepEqual(counts(read('openapi/x.json', '{"openapi":"3.1.1","paths":{}}')), { operations: 0 });
  });

  it('refuses what is none, or of a version that nobody here knows', () => {
    assert.match(refusal('openapi/x.json', '{"openapi":"3.1.0"}'), /^x\.json is not an OpenAPI document: paths: /);
    assert.match(
      refusal('openapi/x.json', '{"openapi":"4.0.0","paths":{}}'),
      /^x\.json is of no version of OpenAPI known here/,
    );
    assert.match(refusal('openapi/x.json', '{"swagger":"1.2","paths":{}}'), /of no version/);
    assert.match(refusal('openapi/x.json', '{"openapi":"3.0.0","paths":{"/a":{"get":7}}}'), /paths\.\/a\.get: /);
    assert.match(refusal('openapi/x.json', reportText('openapi/items.json').slice(0, -5)), /^x\.json is truncated/);
  });
});
