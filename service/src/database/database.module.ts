/** The connection to PostgreSQL, for every module. */
import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CONFIGURATION } from '../configuration.js';
import type { Configuration } from '../configuration.js';
import { LOGGER } from '../telemetry/logger.js';
import type { Logger } from '../telemetry/logger.js';
import { TypeOrmMessages } from '../telemetry/nest-logger.js';
import { DatabaseConnection } from './connection.js';
import { requestDataSourceOptions } from './data-source.js';
import { Database } from './database.js';

@Global()
@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [CONFIGURATION, LOGGER],
      useFactory: (configuration: Configuration, logger: Logger) => ({
        ...requestDataSourceOptions(configuration, new TypeOrmMessages(logger)),
        // DatabaseConnection connects, so that the service can start before its database.
        manualInitialization: true,
      }),
    }),
  ],
  providers: [Database, DatabaseConnection],
  exports: [Database, DatabaseConnection],
})
export class DatabaseModule {}
