import { Injectable } from '@nestjs/common';
import { literalPattern, pattern } from './patterns.js';

@Injectable()
export class AddressBookService {
  private readonly names = ['Ada Lovelace', 'Alan Turing', 'Grace Hopper'];

  match(text: string) {
    const expression = pattern(text);
    return this.names.filter((name) => expression.test(name));
  }

  starting(text: string) {
    const expression = literalPattern(text);
    return this.names.filter((name) => expression.test(name));
  }
}
