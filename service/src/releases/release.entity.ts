/** The table of releases as TypeORM knows it: the drift test compares it with what the migrations make. */
import { Check, Column, Entity, Index, PrimaryGeneratedColumn, Unique } from 'typeorm';

@Entity('releases')
@Unique('releases_service_digest_key', ['service', 'digest'])
@Check('releases_digest_check', `digest ~ '^sha256:[0-9a-f]{64}$'`)
@Check('releases_verdict_status_check', `verdict_status IN ('passed', 'failed', 'broken')`)
@Index('releases_listing', ['service', 'id'])
@Index('releases_listing_by_verdict', ['service', 'verdictStatus', 'id'])
@Index('releases_listing_by_commit', ['service', 'commit', 'id'])
export class Release {
  /** Order of recording, and the listing's cursor. */
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'releases_pkey',
  })
  id!: string;

  @Column('text')
  service!: string;

  @Column('text')
  digest!: string;

  @Column('text')
  version!: string;

  @Column('text', { name: 'commit_hash' })
  commit!: string;

  @Column({ type: 'timestamptz', name: 'committed_at', precision: 3 })
  committedAt!: Date;

  @Column('text')
  repository!: string;

  @Column('text', { name: 'verdict_status' })
  verdictStatus!: string;

  /** Findings by severity. */
  @Column('jsonb', { name: 'verdict_counts' })
  verdictCounts!: Record<string, number>;

  /** SHA-256 of the policy that the verdict was made by. */
  @Column('text', { name: 'verdict_policy' })
  verdictPolicy!: string;

  @Column({ type: 'timestamptz', name: 'verdict_finished_at', precision: 3 })
  verdictFinishedAt!: Date;

  @Column('text', { name: 'sbom_digest', nullable: true })
  sbomDigest!: string | null;

  @Column({ type: 'timestamptz', name: 'recorded_at', precision: 3, default: () => 'now()' })
  recordedAt!: Date;

  /** Name of the token that recorded it. */
  @Column('text', { name: 'recorded_by' })
  recordedBy!: string;

  /** The release as it is answered, as JSON text; null where an earlier release of the service recorded it. */
  @Column('text', { nullable: true })
  document!: string | null;
}
