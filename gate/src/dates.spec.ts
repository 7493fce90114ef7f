import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addDays, dayOr, daysBetween, isDay, today } from './dates.ts';

describe('a day', () => {
  it('must exist and be written as YYYY-MM-DD', () => {
    for (const day of ['2026-11-22', '2024-02-29', '2000-02-29']) assert.ok(isDay(day), day);
    for (const day of [
      '2026-02-30',
      '2025-02-29',
      '1900-02-29',
      '2026-13-01',
      '2026-00-10',
      '2026-1-1',
      '22.11.2026',
      '2026-11-22T00:00:00Z',
      ' 2026-11-22',
      '',
    ]) {
      assert.ok(!isDay(day), day);
    }
  });

  it('is counted in UTC', () => {
    assert.equal(today(new Date('2026-11-22T23:59:59Z')), '2026-11-22');
    assert.equal(addDays('2026-11-22', 180), '2027-05-21');
    assert.equal(addDays('2026-03-01', -1), '2026-02-28');
    assert.equal(daysBetween('2026-11-22', '2027-05-21'), 180);
    assert.equal(daysBetween('2026-11-22', '2026-11-20'), -2);
  });

  it('is today unless it is named', () => {
    assert.equal(dayOr(undefined), today());
    assert.equal(dayOr('2026-11-22'), '2026-11-22');
    assert.throws(() => dayOr('tomorrow'), { name: 'UsageError' });
  });
});
