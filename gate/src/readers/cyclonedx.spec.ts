import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { counts, read, refusal, reportText } from '../../test/report-file.ts';

describe('the CycloneDX reader', () => {
  for (const version of ['1.4', '1.5', '1.6', '1.7']) {
    it('says of which image a document of Trivy is', () => {
      for (const platform of ['amd64', 'arm64']) {
        const reading = read(`cyclonedx/trivy-1.7-${platform}.json`);
        assert.deepEqual(counts(reading), {
          components: 12,
          'library components': 11,
          'operating-system components': 1,
        });
        assert.equal(reading.scannedImage?.id, read(`trivy/image-${platform}.json`).scannedImage?.id);
      }
      assert.equal(read('cyclonedx/npm-1.6.json').scannedImage, undefined);
    });

    it(`counts the components of ${version}`, () => {
      const reading = read(`cyclonedx/npm-${version}.json`);
      assert.deepEqual(counts(reading), { components: 8, 'library components': 8 });
      assert.deepEqual([reading.tool, reading.version, reading.findings], ['npm', '11.19.1', []]);
    });
  }

  it("reads another tool's document", () => {
    const reading = read('cyclonedx/py-1.6.json');
    assert.deepEqual([reading.tool, counts(reading)['components']], ['cyclonedx-py', 2]);
  });

  it('makes a finding of each component that a vulnerability affects', () => {
    const reading = read('cyclonedx/vulnerabilities.json');
    assert.deepEqual(
      reading.findings.map(({ severity, rule, package: pack, suppressed }) =>
        [severity, rule, pack && `${pack.name}@${pack.version}`, pack?.fixedIn, suppressed].join(' '),
      ),
      [
        'critical CVE-2099-1001 rope@1.0.0 1.4.0 ',
        'critical CVE-2099-1001 @harbor/oar@1.0.0 1.4.0 ',
        'high CVE-2099-1002 @harbor/oar@1.0.0  true',
        'unknown CVE-2099-1003 gone@9  ',
        'low CVE-2099-1004   ',
      ],
    );
    assert.deepEqual(reading.findings[0]?.cwe, [1321]);
    assert.equal(reading.findings[2]?.message, 'CVE-2099-1002 (not affected: code not reachable)');
    assert.deepEqual(counts(reading), { components: 3, 'library components': 2, 'operating-system components': 1 });
    assert.deepEqual([reading.tool, reading.version], ['scanner', '3.2']);
  });

  it('shows a document without components as evidence of nothing', () => {
    assert.deepEqual(counts(read('cyclonedx/x', '{"bomFormat":"CycloneDX","specVersion":"1.6"}')), { components: 0 });
  });

  it('refuses what is nested or mistaken beyond measure, without a crash', () => {
    const start = '{"bomFormat":"CycloneDX","specVersion":"1.6","components":[';
    const nested = `${start}${'{"type":"library","name":"a","components":['.repeat(20_000)}${']}'.repeat(20_000)}]}`;
    assert.match(refusal('cyclonedx/x', nested), /all too much of it is of another shape$/);
    const mistaken = `${start}${Array(300_000).fill('0').join(',')}]}`;
    assert.match(refusal('cyclonedx/x', mistaken), /^x is not CycloneDX JSON \(1\.4 to 1\.7\): /);
  });

  it('refuses other versions and what is not whole', () => {
    const whole = reportText('cyclonedx/npm-1.6.json');
    assert.equal(refusal('cyclonedx/x', ''), 'x is empty');
    assert.match(refusal('cyclonedx/x', whole.slice(0, 900)), /^x is truncated: /);
    assert.equal(
      refusal('cyclonedx/x', whole.replace('"specVersion": "1.6"', '"specVersion": "1.3"')),
      'x is CycloneDX 1.3; 1.4, 1.5, 1.6, 1.7 are read',
    );
    assert.match(
      refusal('cyclonedx/x', '{"spdxVersion":"SPDX-2.3"}'),
      /bomFormat: .*\(it is an object with spdxVersion\)$/,
    );
  });
});
