/** Compares what clients were told with what is in the tables, without the service and without the indexes in between. */
import { demand } from './lab.ts';
import { SERVICE } from './load.ts';
import type { WriteLoad } from './load.ts';
import type { Postgres } from './postgres.ts';

/** An index that lost an entry would hide a row that is there twice: the tables are read from end to end. */
const WITHOUT_INDEXES = 'SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off;';

interface ReleaseRow {
  digest: string;
  version: string;
}

interface DeploymentRow {
  id: string;
  key: string;
  status: string;
}

/**
 * Every acknowledged write is there, as it was acknowledged; nothing is there twice, and nothing that nobody sent.
 * @throws {Broken} with the number of each
 */
export async function audit(load: WriteLoad, postgres: Postgres): Promise<void> {
  // Taken first: what is acknowledged while we look need not be in what we see.
  const releasesTold = [...load.acknowledged.releases];
  const deploymentsTold = [...load.acknowledged.deployments];
  const finishedTold = [...load.acknowledged.finished];

  const releases = await postgres.rows<ReleaseRow>(
    `${WITHOUT_INDEXES} SELECT digest, version FROM releases WHERE service = '${SERVICE}'`,
  );
  const deployments = await postgres.rows<DeploymentRow>(
    `${WITHOUT_INDEXES} SELECT id, idempotency_key AS key, status FROM deployments WHERE service = '${SERVICE}'`,
  );
  const versions = new Map(releases.map(({ digest, version }) => [digest, version]));
  const ids = new Map(deployments.map(({ key, id }) => [key, id]));
  const statuses = new Map(deployments.map(({ id, status }) => [id, status]));

  const lost =
    releasesTold.filter(([digest]) => !versions.has(digest)).length +
    deploymentsTold.filter(([key]) => !ids.has(key)).length +
    finishedTold.filter((id) => statuses.get(id) !== 'succeeded').length;
  const different =
    releasesTold.filter(([digest, version]) => versions.has(digest) && versions.get(digest) !== version).length +
    deploymentsTold.filter(([key, id]) => ids.has(key) && ids.get(key) !== id).length;
  const twice = releases.length - versions.size + (deployments.length - ids.size);
  const unasked =
    [...versions.keys()].filter((digest) => !load.sent.releases.has(digest)).length +
    [...ids.keys()].filter((key) => !load.sent.deployments.has(key)).length;
  const told = releasesTold.length + deploymentsTold.length + finishedTold.length;
  demand(
    lost + different + twice + unasked === 0,
    `of ${told} acknowledged writes ${lost} are lost and ${different} are not what was acknowledged; ${twice} rows are there twice, ${unasked} were never sent`,
  );
}

/** @throws {Broken} showing the first answers that no client should see */
export function noFailures(load: WriteLoad): void {
  demand(
    load.failures.length === 0,
    `${load.failures.length} answers that no client should see:\n${load.failures.slice(0, 5).join('\n')}`,
  );
}
