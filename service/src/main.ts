/** Starts the service: checks the settings, listens, and ends in good order when told to. */
import { ConfigurationError, readConfiguration } from './configuration.js';
import { createApplication } from './application.js';
import { Lifecycle } from './health/lifecycle.js';
import { endOnSignals } from './health/shutdown.js';
import { createLogger } from './telemetry/logger.js';
import { MetricsServer } from './telemetry/metrics.server.js';

const logger = createLogger(process.env['LOG_LEVEL'] ?? 'INFO');

// Not awaited: the bundle is CommonJS, which knows no await out here.
start().catch((error: unknown) => {
  if (error instanceof ConfigurationError) logger.fatal({ problems: error.problems }, error.message);
  else logger.fatal({ error }, 'the service cannot start');
  logger.flush(() => process.exit(error instanceof ConfigurationError ? 2 : 1));
});

async function start(): Promise<void> {
  const configuration = readConfiguration(process.env);
  const application = await createApplication(configuration, logger);
  endOnSignals(application, application.get(Lifecycle), configuration, logger);
  const metricsPort = await application.get(MetricsServer).listen();
  await application.listen(configuration.PORT, configuration.HOST);
  const { port } = application.getHttpServer().address() as { port: number };
  logger.info(
    {
      version: configuration.VERSION,
      commit: configuration.COMMIT,
      host: configuration.HOST,
      port,
      metrics_port: metricsPort,
    },
    'listening',
  );
  if (configuration.TOKENS.length === 0) logger.warn('no TOKENS are set: every write will be refused');
}
