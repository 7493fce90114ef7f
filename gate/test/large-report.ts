/** Writes a Trivy report of a given size, shaped like a real one of an image with very many packages. Run it: FILE MEGABYTES. */
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';

const [file, megabytes] = process.argv.slice(2);
const out = createWriteStream(file!);
const most = Number(megabytes) * 1_000_000;
let written = 0;
let packages = 0;

async function write(text: string): Promise<void> {
  written += Buffer.byteLength(text);
  if (!out.write(text)) await once(out, 'drain');
}

const line = (value: object) => JSON.stringify(value, null, 2);
const name = (i: number) => `package-${i}`;
const uid = (i: number) => `uid-${i.toString(16)}`;

await write(
  `{"SchemaVersion":2,"Trivy":{"Version":"0.74.0"},"ArtifactName":"large","ArtifactType":"container_image",
"Metadata":{"OS":{"Family":"debian","Name":"13"}},"Results":[{"Target":"large (debian 13)","Class":"os-pkgs","Type":"debian","Packages":[`,
);
// A third of the size for what was looked at, the rest for what was found in it.
for (; written < most / 3; packages += 1) {
  const files = Array.from({ length: 4 }, (_, i) => `usr/share/doc/${name(packages)}/file-${i}`);
  await write(
    `${packages ? ',' : ''}${line({ ID: `${name(packages)}@1.0`, Name: name(packages), Identifier: { PURL: `pkg:deb/debian/${name(packages)}@1.0`, UID: uid(packages) }, Version: '1.0', Arch: 'amd64', Licenses: ['GPL-2.0-only'], InstalledFiles: files })}`,
  );
}
await write('],"Vulnerabilities":[');
let vulnerabilities = 0;
for (; written < most; vulnerabilities += 1) {
  const i = vulnerabilities % packages;
  await write(
    `${vulnerabilities ? ',' : ''}${line({
      VulnerabilityID: `CVE-2099-${vulnerabilities}`,
      PkgID: `${name(i)}@1.0`,
      PkgName: name(i),
      PkgIdentifier: { PURL: `pkg:deb/debian/${name(i)}@1.0`, UID: uid(i) },
      InstalledVersion: '1.0',
      FixedVersion: '1.1',
      Severity: ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW'][vulnerabilities % 4],
      Title: `${name(i)}: a flaw, number ${vulnerabilities}`,
      Description: `A long – not merely ASCII – description of flaw ${vulnerabilities}. `.repeat(8),
      CweIDs: ['CWE-79'],
      PrimaryURL: `https://vulnerabilities.example/${vulnerabilities}`,
      References: Array.from(
        { length: 6 },
        (_, n) => `https://vulnerabilities.example/${vulnerabilities}/reference/${n}`,
      ),
    })}`,
  );
}
out.end(']}]}\n');
await once(out, 'close');
process.stdout.write(JSON.stringify({ packages, vulnerabilities, bytes: written }));
