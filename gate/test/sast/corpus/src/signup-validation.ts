import { BadRequestException, Body, Controller, Post } from '@nestjs/common';
import { IsString, Matches, MaxLength } from 'class-validator';

const EMAIL = /^([a-zA-Z0-9]+[._-]?)+@([a-zA-Z0-9-]+\.)+[a-z]{2,}$/;
const PHONE = /^\+?[0-9]{6,15}$/;

export class SignupDto {
  @IsString()
  @Matches(/^(([a-z])+\.?)+[A-Z]([a-z])+$/)
  displayName: string;

  @IsString()
  @MaxLength(40)
  @Matches(/^[a-z][a-z0-9_]{2,39}$/)
  handle: string;

  email: string;
  phone?: string;
}

@Controller('signup')
export class SignupController {
  @Post()
  signup(@Body() dto: SignupDto) {
    if (!EMAIL.test(dto.email)) {
      throw new BadRequestException('email');
    }
    if (dto.phone && !PHONE.test(dto.phone)) {
      throw new BadRequestException('phone');
    }
    return { handle: dto.handle };
  }

  @Post('company')
  company(@Body('vat') vat: string, @Body('name') name: string) {
    const words = /^(\w+\s?)*$/.test(name);
    const vatOk = /^[A-Z]{2}(?:[0-9A-Z]{2,12})$/.test(vat);
    return { words, vatOk };
  }
}
