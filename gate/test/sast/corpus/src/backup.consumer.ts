import { Controller, Logger } from '@nestjs/common';
import { EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import { execFile, execSync, spawn } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const DATABASES = ['billing', 'catalog', 'identity'];

@Controller()
export class BackupConsumer {
  private readonly logger = new Logger(BackupConsumer.name);

  @EventPattern('backup.requested')
  async backup(@Payload() event: { database: string }) {
    const database = DATABASES.find((name) => name === event.database);
    if (!database) {
      return;
    }
    await run('pg_dump', ['--format=custom', `--file=/var/backups/${database}.dump`, database]);
    this.logger.log(`backup of ${database} done`);
  }

  @EventPattern('backup.archive')
  archive(@Payload() event: { directory: string; label: string }) {
    const command = 'tar -czf /var/backups/' + event.label + '.tgz ' + event.directory;
    const child = spawn('sh', ['-c', command]);
    child.on('exit', (code) => this.logger.log(`archive exited with ${code}`));
  }

  @MessagePattern('backup.size')
  size() {
    const child = spawn('sh', ['-c', 'du -sk /var/backups | cut -f1']);
    return new Promise<number>((resolve) => {
      child.stdout.once('data', (data: Buffer) => resolve(Number(data.toString().trim())));
    });
  }

  @MessagePattern('backup.history')
  history(@Payload('database') database: string) {
    const listing = execSync(`ls -1t /var/backups | grep ${database}`, { encoding: 'utf8' });
    return listing.split('\n').filter(Boolean);
  }
}
