/** A release as an entity, as a validated body and as an answer. */
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsISO8601, IsOptional, Matches, Max, MaxLength, Min, ValidateNested } from 'class-validator';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

@Entity('releases')
export class Release {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  id!: string;

  @Column('text')
  service!: string;

  @Column('text')
  digest!: string;

  @Column('text')
  version!: string;

  @Column('text', { name: 'commit_hash' })
  commit!: string;

  @Column({ type: 'timestamptz', name: 'committed_at' })
  committedAt!: Date;

  @Column('text')
  repository!: string;

  @Column('text', { name: 'verdict_status' })
  verdictStatus!: string;

  @Column('jsonb', { name: 'verdict_counts' })
  verdictCounts!: Record<string, number>;

  @Column('text', { name: 'verdict_policy' })
  verdictPolicy!: string;

  @Column({ type: 'timestamptz', name: 'verdict_finished_at' })
  verdictFinishedAt!: Date;

  @Column('text', { name: 'sbom_digest', nullable: true })
  sbomDigest!: string | null;

  @Column({ type: 'timestamptz', name: 'recorded_at', default: () => 'now()' })
  recordedAt!: Date;

  @Column('text', { name: 'recorded_by' })
  recordedBy!: string;
}

class Counts {
  @IsOptional() @IsInt() @Min(0) critical?: number;
  @IsOptional() @IsInt() @Min(0) high?: number;
  @IsOptional() @IsInt() @Min(0) medium?: number;
  @IsOptional() @IsInt() @Min(0) low?: number;
  @IsOptional() @IsInt() @Min(0) info?: number;
  @IsOptional() @IsInt() @Min(0) unknown?: number;
}

class Verdict {
  @IsIn(['passed', 'failed', 'broken'])
  status!: string;

  @ValidateNested()
  @Type(() => Counts)
  counts!: Counts;

  @Matches(/^[0-9a-f]{64}$/)
  policy!: string;

  @IsISO8601({ strict: true })
  finishedAt!: string;
}

export class ReleaseFacts {
  @Matches(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,127}$/)
  version!: string;

  @Matches(/^([0-9a-f]{40}|[0-9a-f]{64})$/)
  commit!: string;

  @IsISO8601({ strict: true })
  committedAt!: string;

  @MaxLength(300)
  @Matches(/^(https?|ssh):\/\//)
  repository!: string;

  @ValidateNested()
  @Type(() => Verdict)
  verdict!: Verdict;

  @IsOptional()
  @Matches(/^sha256:[0-9a-f]{64}$/)
  sbomDigest?: string;
}

export class Page {
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(200)
  limit = 50;

  @IsOptional()
  @Matches(/^[A-Za-z0-9_-]{11}$/)
  cursor?: string;
}

export function toAnswer(release: Release) {
  return {
    service: release.service,
    digest: release.digest,
    version: release.version,
    commit: release.commit,
    committedAt: release.committedAt,
    repository: release.repository,
    verdict: {
      status: release.verdictStatus,
      counts: release.verdictCounts,
      policy: release.verdictPolicy,
      finishedAt: release.verdictFinishedAt,
    },
    sbomDigest: release.sbomDigest,
    recordedAt: release.recordedAt,
    recordedBy: release.recordedBy,
  };
}
