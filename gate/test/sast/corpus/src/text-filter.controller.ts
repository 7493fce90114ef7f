import { Body, Controller, Get, Post, Query } from '@nestjs/common';

const STOP_WORDS = ['and', 'or', 'the'];

function escapeRegExp(value: string): string {
  return value.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

@Controller('texts')
export class TextFilterController {
  private readonly texts = ['The quick brown fox', 'Lorem ipsum dolor sit amet', 'Jackdaws love my quartz'];

  @Get('grep')
  grep(@Query('pattern') pattern: string) {
    const expression = new RegExp(pattern, 'i');
    return this.texts.filter((text) => expression.test(text));
  }

  @Get('find')
  find(@Query('q') q: string) {
    const expression = new RegExp(escapeRegExp(q), 'i');
    return this.texts.filter((text) => expression.test(text));
  }

  @Get('highlight')
  highlight(@Query() { word, text }: { word: string; text: string }) {
    return text.replace(new RegExp(`(\\b${word}\\b)`, 'g'), '[$1]');
  }

  @Post('compact')
  compact(@Body('text') text: string) {
    const noise = new RegExp(`\\b(${STOP_WORDS.join('|')})\\b`, 'gi');
    return { text: text.replace(noise, '').replace(/ {2,}/g, ' ') };
  }
}
