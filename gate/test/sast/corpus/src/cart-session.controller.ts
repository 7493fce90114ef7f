import { Body, Controller, Get, Post, Req, Res } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import type { Request, Response } from 'express';
import * as serializer from 'node-serialize';

export class Cart {
  items: Array<{ sku: string; quantity: number }> = [];
  coupon?: string;
}

@Controller('cart')
export class CartSessionController {
  @Get()
  show(@Req() req: Request) {
    const stored = req.cookies['cart'];
    if (!stored) {
      return new Cart();
    }
    const text = Buffer.from(stored, 'base64').toString();
    return serializer.unserialize(text);
  }

  @Post()
  save(@Body() cart: Cart, @Res({ passthrough: true }) res: Response) {
    const text = serializer.serialize({ items: cart.items, coupon: cart.coupon });
    res.cookie('cart', Buffer.from(text).toString('base64'), { httpOnly: true, secure: true, sameSite: 'lax' });
    return { items: cart.items.length };
  }

  @Post('restore')
  restore(@Body('state') state: string) {
    return plainToInstance(Cart, JSON.parse(state));
  }

  @Post('merge')
  merge(@Body() { left, right }: { left: string; right: string }) {
    const first: Cart = JSON.parse(left);
    const second: Cart = serializer.unserialize(right);
    return { items: [...first.items, ...second.items] };
  }
}
