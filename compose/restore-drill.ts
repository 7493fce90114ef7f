/**
 * `npm run restore-drill`: dumps nothing, changes nothing; restores the newest dump into a scratch server inside of the backup
 * container and compares every table with the dump's manifest. Exit code 0: every row is there. The result is a metric as well.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const { status } = spawnSync(
  'docker',
  [
    'compose',
    '-f',
    join(import.meta.dirname, 'compose.yaml'),
    'exec',
    '--no-TTY',
    'backup',
    'bash',
    '/etc/postgresql/backup.sh',
    'drill',
  ],
  // The file wants an image named, whichever; the container that runs already has its own.
  { stdio: 'inherit', env: { SLUICE_IMAGE: 'unused', ...process.env } },
);
process.exit(status ?? 1);
