/** The table of deployments as TypeORM knows it: the drift test compares it with what the migrations make. */
import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import { Release } from '../releases/release.entity.js';

@Entity('deployments')
@Check('deployments_kind_check', `kind IN ('deploy', 'rollback')`)
@Check('deployments_status_check', `status IN ('running', 'succeeded', 'failed', 'rolled_back', 'abandoned')`)
@Check(
  'deployments_finish_check',
  `(status = 'running') = (finished_at IS NULL) AND (finished_at IS NULL) = (finished_by IS NULL)`,
)
@Index('deployments_one_running', ['service', 'environment'], { unique: true, where: `status = 'running'` })
@Index('deployments_idempotency', ['startedBy', 'service', 'environment', 'idempotencyKey'], { unique: true })
@Index('deployments_history', ['service', 'environment', 'position'])
@Index('deployments_history_by_status', ['service', 'environment', 'status', 'position'])
@Index('deployments_finished', ['service', 'environment', 'finishedAt'])
export class Deployment {
  @PrimaryGeneratedColumn('uuid', { primaryKeyConstraintName: 'deployments_pkey' })
  id!: string;

  /** Order of starting. In one environment it is the order of finishing too, since only one runs at a time. */
  @Column('bigint', { generated: 'identity', generatedIdentity: 'ALWAYS' } as never)
  position!: string;

  @Column('text')
  service!: string;

  @Column('text')
  environment!: string;

  @Column('text')
  digest!: string;

  @ManyToOne(() => Release, { nullable: false })
  @JoinColumn([
    { name: 'service', referencedColumnName: 'service', foreignKeyConstraintName: 'deployments_release_fkey' },
    { name: 'digest', referencedColumnName: 'digest', foreignKeyConstraintName: 'deployments_release_fkey' },
  ])
  release!: Release;

  /** Whether it brings a change or takes one back. */
  @Column('text')
  kind!: string;

  /** Who or what deploys, in the words of whoever told the ledger. */
  @Column('text')
  actor!: string;

  @Column('text', { name: 'idempotency_key' })
  idempotencyKey!: string;

  /** The deployment that was abandoned so that this one could start. */
  @Column('uuid', { name: 'took_over', nullable: true })
  tookOver!: string | null;

  @Column('text', { default: 'running' })
  status!: string;

  @Column({ type: 'timestamptz', name: 'started_at', precision: 3, default: () => 'clock_timestamp()' })
  startedAt!: Date;

  /** Name of the token that started it. */
  @Column('text', { name: 'started_by' })
  startedBy!: string;

  @Column({ type: 'timestamptz', name: 'finished_at', precision: 3, nullable: true })
  finishedAt!: Date | null;

  /** Name of the token that finished it. */
  @Column('text', { name: 'finished_by', nullable: true })
  finishedBy!: string | null;

  @Column('text', { nullable: true })
  reason!: string | null;
}
