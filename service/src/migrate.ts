/** Applies pending migrations and ends: for deployments that migrate in a job of its own, with DATABASE_MIGRATE=false in the service. */
import { ConfigurationError, readConfiguration } from './configuration.js';
import { migrationDataSourceOptions } from './database/data-source.js';
import { migrate } from './database/migrate.js';
import { createLogger } from './telemetry/logger.js';
import { TypeOrmMessages } from './telemetry/nest-logger.js';

const logger = createLogger('INFO');
let code = 0;
try {
  const configuration = readConfiguration(process.env);
  const applied = await migrate(migrationDataSourceOptions(configuration, new TypeOrmMessages(logger)));
  logger.info({ applied }, applied.length === 0 ? 'no migration was pending' : 'migrations applied');
} catch (error) {
  if (error instanceof ConfigurationError) logger.fatal({ problems: error.problems }, error.message);
  else logger.fatal({ error }, 'the migrations could not be applied');
  code = error instanceof ConfigurationError ? 2 : 1;
}
logger.flush(() => process.exit(code));
