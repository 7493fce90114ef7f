/** Asks the service in this container whether it is ready, for images without a shell or curl: exit 0 if so, else 1. */
import { get } from 'node:http';

const path = process.argv[2] ?? '/health/ready';
const port = process.env['PORT'] ?? '3000';

get({ host: '127.0.0.1', port, path, timeout: 3_000 }, (answer) => {
  process.exit(answer.statusCode === 200 ? 0 : 1);
})
  .on('timeout', () => process.exit(1))
  .on('error', () => process.exit(1));
