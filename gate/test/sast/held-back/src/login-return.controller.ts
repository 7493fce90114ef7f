import { Body, Controller, Get, HttpCode, Post, Query, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';

const HOME = '/dashboard';

function localPath(value: unknown): string {
  if (typeof value !== 'string' || !/^\/(?![/\\])[\w\-./?=&%]*$/.test(value)) {
    return HOME;
  }
  return value;
}

@Controller('login')
export class LoginReturnController {
  @Get('done')
  done(@Query('next') next: string, @Res() res: Response) {
    res.redirect(next || HOME);
  }

  @Get('cancel')
  cancel(@Res() res: Response) {
    res.redirect(302, '/login?cancelled=1');
  }

  @Get('return')
  back(@Req() req: Request, @Res() res: Response) {
    res.redirect(localPath(req.query.next));
  }

  @Post('continue')
  continue(@Body() { target }: { target: string }, @Res() res: Response) {
    if (!target.startsWith('/')) {
      return res.redirect(HOME);
    }
    return res.redirect(303, target);
  }

  @Post('logout')
  @HttpCode(204)
  logout() {
    return;
  }
}
