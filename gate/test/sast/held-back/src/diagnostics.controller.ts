import { BadRequestException, Controller, Get, Query } from '@nestjs/common';
import { spawn } from 'node:child_process';
import { isFQDN } from 'class-validator';

function collect(child: ReturnType<typeof spawn>): Promise<string> {
  return new Promise((resolve, reject) => {
    let out = '';
    child.stdout?.on('data', (chunk) => (out += chunk));
    child.on('error', reject);
    child.on('close', () => resolve(out));
  });
}

@Controller('diagnostics')
export class DiagnosticsController {
  @Get('ping')
  async ping(@Query('host') host: string) {
    const child = spawn('ping', ['-c', '4', host], { shell: true });
    return { output: await collect(child) };
  }

  @Get('dns')
  async dns(@Query('name') name: string) {
    if (!isFQDN(name)) {
      throw new BadRequestException('name must be a domain name');
    }
    const child = spawn('dig', ['+short', name]);
    return { output: await collect(child) };
  }

  @Get('trace')
  async trace(@Query() query: { host: string; hops?: string }) {
    const hops = query.hops ?? '12';
    const child = spawn(`traceroute -m ${hops} ${query.host}`, { shell: '/bin/bash', timeout: 20_000 });
    return { output: await collect(child) };
  }

  @Get('disk')
  async disk() {
    const child = spawn('df -h | sort -k5', { shell: true });
    return { output: await collect(child) };
  }
}
