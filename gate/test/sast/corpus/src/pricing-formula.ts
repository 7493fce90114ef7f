import { BadRequestException, Body, Controller, Injectable, Post } from '@nestjs/common';

interface FormulaRequest {
  formula: string;
  rows: Array<Record<string, number>>;
}

const marginOf = new Function('price', 'cost', 'return price === 0 ? 0 : (price - cost) / price;') as (
  price: number,
  cost: number,
) => number;

@Injectable()
export class PricingFormulaService {
  preview({ formula, rows }: FormulaRequest) {
    const compute = new Function('row', `return (${formula});`);
    return rows.map((row) => compute(row));
  }

  total(expression: string, quantity: number) {
    const price = eval(expression);
    return { total: Number(price) * quantity };
  }

  margins(rows: FormulaRequest['rows']) {
    return rows.map((row) => marginOf(row.price, row.cost));
  }

  discount(steps: string) {
    const parsed: unknown = JSON.parse(steps);
    if (!Array.isArray(parsed) || parsed.some((step) => typeof step !== 'number')) {
      throw new BadRequestException('steps must be a list of numbers');
    }
    return parsed.reduce((acc: number, step: number) => acc * (1 - step), 1);
  }
}

@Controller('pricing')
export class PricingFormulaController {
  constructor(private readonly pricing: PricingFormulaService) {}

  @Post('preview')
  preview(@Body() body: FormulaRequest) {
    return this.pricing.preview(body);
  }

  @Post('total')
  total(@Body('expression') expression: string, @Body('quantity') quantity: number) {
    return this.pricing.total(expression, quantity);
  }

  @Post('margins')
  margins(@Body('rows') rows: FormulaRequest['rows']) {
    return this.pricing.margins(rows);
  }

  @Post('discount')
  discount(@Body('steps') steps: string) {
    return { factor: this.pricing.discount(steps) };
  }
}
