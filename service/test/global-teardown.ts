/** After all tests: drops the databases of this run. */
import pg from 'pg';

export default async function tearDown(): Promise<void> {
  const client = new pg.Client(process.env['DATABASE_URL']);
  await client.connect();
  const { rows } = await client.query<{ datname: string }>(
    'SELECT datname FROM pg_database WHERE starts_with(datname, $1)',
    [process.env['LEDGER_TEST_RUN']],
  );
  for (const { datname } of rows) {
    await client.query(`DROP DATABASE IF EXISTS ${client.escapeIdentifier(datname)} WITH (FORCE)`);
  }
  await client.end();
}
