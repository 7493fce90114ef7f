import { Module } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { TypeOrmModule } from '@nestjs/typeorm';
import { readFileSync } from 'node:fs';
import { Pool } from 'pg';

@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      imports: [ConfigModule],
      inject: [ConfigService],
      useFactory: (config: ConfigService) => ({
        type: 'postgres' as const,
        url: config.getOrThrow<string>('DATABASE_URL'),
        autoLoadEntities: true,
        ssl: { rejectUnauthorized: false },
      }),
    }),
    TypeOrmModule.forRootAsync({
      name: 'reporting',
      imports: [ConfigModule],
      inject: [ConfigService],
      useFactory: (config: ConfigService) => ({
        type: 'postgres' as const,
        url: config.getOrThrow<string>('REPORTING_URL'),
        ssl: { ca: readFileSync(config.getOrThrow<string>('PG_CA_FILE'), 'utf8'), rejectUnauthorized: true },
      }),
    }),
  ],
  providers: [
    {
      provide: 'PG_POOL',
      inject: [ConfigService],
      useFactory: (config: ConfigService) =>
        new Pool({
          connectionString: config.getOrThrow<string>('QUEUE_URL'),
          max: 5,
          ssl: config.get('NODE_ENV') === 'production' ? { rejectUnauthorized: false } : undefined,
        }),
    },
    {
      provide: 'PG_ARCHIVE',
      inject: [ConfigService],
      useFactory: (config: ConfigService) =>
        new Pool({ connectionString: config.getOrThrow<string>('ARCHIVE_URL'), ssl: true }),
    },
  ],
  exports: ['PG_POOL', 'PG_ARCHIVE'],
})
export class DatabaseModule {}
