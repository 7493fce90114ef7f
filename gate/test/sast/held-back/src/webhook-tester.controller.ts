import { BadRequestException, Body, Controller, Get, Param, Post } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';

@Controller('webhooks')
export class WebhookTesterController {
  constructor(private readonly config: ConfigService) {}

  @Post('test')
  async test(@Body() body: { url: string; event: string }) {
    const response = await fetch(body.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ event: body.event, sentAt: new Date().toISOString() }),
    });
    return { status: response.status, body: await response.text() };
  }

  @Get('deliveries/:id')
  async delivery(@Param('id') id: string) {
    const base = this.config.getOrThrow<string>('DELIVERY_API');
    const response = await fetch(`${base}/deliveries/${encodeURIComponent(id)}`);
    if (!response.ok) {
      throw new BadRequestException(`delivery ${response.status}`);
    }
    return response.json();
  }

  @Post('ping')
  async ping(@Body('host') host: string, @Body('port') port = 443) {
    const target = 'https://' + host + ':' + port + '/.well-known/health';
    const { status } = await fetch(target, { signal: AbortSignal.timeout(3000) });
    return { status };
  }

  @Get('status')
  async status() {
    const response = await fetch('https://status.example.com/api/v2/summary.json');
    return response.json();
  }
}
