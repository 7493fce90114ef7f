/** Before all tests: makes sure that there is a PostgreSQL, and gives the run a name that its databases start with. */
import pg from 'pg';

export default async function setUp(): Promise<void> {
  const url = process.env['DATABASE_URL'];
  if (!url) {
    throw new Error('the tests need a PostgreSQL: run them with `npm test`, which starts one, or set DATABASE_URL');
  }
  const client = new pg.Client(url);
  await client.connect();
  await client.end();
  process.env['LEDGER_TEST_RUN'] = `ledger_test_${process.pid}`;
}
