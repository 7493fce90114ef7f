import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';

export const archiveDataSource = new DataSource({
  type: 'postgres',
  host: 'archive-db.internal',
  username: 'archive',
  password: 'Arch1ve#2023',
  database: 'archive',
  entities: ['dist/**/*.entity.js'],
});

export const cliDataSource = new DataSource({
  type: 'postgres',
  host: process.env.PGHOST,
  username: process.env.PGUSER,
  password: process.env.PGPASSWORD,
  database: process.env.PGDATABASE,
  migrations: ['dist/migrations/*.js'],
});

@Module({
  imports: [
    TypeOrmModule.forRoot({
      type: 'postgres',
      url: 'postgres://shop:s3lLm0re@db.internal:5432/shop',
      autoLoadEntities: true,
    }),
    TypeOrmModule.forRoot({
      name: 'metrics',
      type: 'postgres',
      url: `postgres://${process.env.METRICS_USER}:${process.env.METRICS_PASSWORD}@metrics.internal:5432/metrics`,
    }),
  ],
})
export class AppDatabaseModule {}
