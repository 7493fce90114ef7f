/** The three measured routes, with a repository and a guard. */
import { hash, timingSafeEqual } from 'node:crypto';
import {
  Body,
  Controller,
  Get,
  Injectable,
  Param,
  Put,
  Query,
  Res,
  UnauthorizedException,
  UseGuards,
} from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LessThan, Repository } from 'typeorm';
import { Page, Release, ReleaseFacts, toAnswer } from './release.js';

const token = Buffer.from(process.env['TOKEN_SHA256']!, 'hex');

@Injectable()
class WriteGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { authorization = '' } = context.switchToHttp().getRequest<FastifyRequest>().headers;
    if (timingSafeEqual(hash('sha256', authorization.slice('Bearer '.length), 'buffer'), token)) return true;
    throw new UnauthorizedException();
  }
}

@Controller('v1/services/:service/releases')
export class ReleasesController {
  constructor(@InjectRepository(Release) private readonly releases: Repository<Release>) {}

  @Get()
  async list(
    @Param('service') service: string,
    @Query() { limit, cursor }: Page,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const before = cursor ? Buffer.from(cursor, 'base64url').readBigInt64BE().toString() : '9223372036854775807';
    const found = await this.releases.find({
      where: { service, id: LessThan(before) },
      order: { id: 'DESC' },
      take: limit + 1,
    });
    if (found.length > limit) {
      found.pop();
      const key = Buffer.alloc(8);
      key.writeBigInt64BE(BigInt(found.at(-1)!.id));
      const next = `/v1/services/${service}/releases?limit=${limit}&cursor=${key.toString('base64url')}`;
      void reply.header('link', `<${next}>; rel="next"`);
    }
    return { items: found.map(toAnswer) };
  }

  @Put(':digest')
  @UseGuards(WriteGuard)
  async record(
    @Param('service') service: string,
    @Param('digest') digest: string,
    @Body() { verdict, ...facts }: ReleaseFacts,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const known = await this.releases.findOneBy({ service, digest });
    void reply.code(known ? 200 : 201);
    const release =
      known ??
      (await this.releases.save(
        this.releases.create({
          ...facts,
          service,
          digest,
          verdictStatus: verdict.status,
          verdictCounts: { ...verdict.counts },
          verdictPolicy: verdict.policy,
          verdictFinishedAt: new Date(verdict.finishedAt),
          committedAt: new Date(facts.committedAt),
          sbomDigest: facts.sbomDigest ?? null,
          recordedBy: 'bench',
        }),
      ));
    return toAnswer(release);
  }
}

@Controller('health')
export class HealthController {
  @Get('live')
  live() {
    return { status: 'ok', info: {}, error: {}, details: {} };
  }
}
