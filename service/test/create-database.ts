/** Makes a database; imports nothing of the service, so that tests that run it as built can use it, too. */
import pg from 'pg';

/** The connection string of a fresh database of this name, without any table, on the server that `server` is a connection string of. */
export async function createDatabase(server: string, name: string): Promise<string> {
  const client = new pg.Client(server);
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${name}`);
  } finally {
    await client.end();
  }
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}
