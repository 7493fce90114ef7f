import { Controller, Get, NotFoundException, Param, Query, Redirect } from '@nestjs/common';

const PARTNERS: Record<string, string> = {
  acme: 'https://shop.acme.example/landing',
  globex: 'https://www.globex.example/offers',
};

@Controller('campaign')
export class CampaignController {
  private readonly clicks = new Map<string, number>();

  @Get('click')
  @Redirect()
  click(@Query('id') id: string, @Query('url') url: string) {
    this.clicks.set(id, (this.clicks.get(id) ?? 0) + 1);
    return { url, statusCode: 302 };
  }

  @Get('partner/:name')
  @Redirect('https://www.example.com', 302)
  partner(@Param('name') name: string) {
    if (!Object.hasOwn(PARTNERS, name)) {
      throw new NotFoundException();
    }
    return { url: PARTNERS[name] };
  }

  @Get('share')
  @Redirect()
  share(@Query('to') to: string) {
    const url = to.includes('example.com') ? to : 'https://www.example.com/';
    return { url };
  }

  @Get('docs')
  @Redirect('https://docs.example.com', 301)
  docs() {}

  @Get('product/:sku')
  @Redirect()
  product(@Param('sku') sku: string, @Query('utm_source') source = 'campaign') {
    return { url: `/products/${encodeURIComponent(sku)}?utm_source=${encodeURIComponent(source)}` };
  }
}
