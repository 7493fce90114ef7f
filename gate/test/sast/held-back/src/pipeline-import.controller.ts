import { BadRequestException, Body, Controller, Post } from '@nestjs/common';
import * as yaml from 'js-yaml';
import * as jsTypes from 'js-yaml-js-types';

const EXTENDED = yaml.DEFAULT_SCHEMA.extend(jsTypes.all);
const DURATION = new yaml.Type('!duration', {
  kind: 'scalar',
  resolve: (value) => /^\d{1,6}[smh]$/.test(value),
  construct: (value: string) => ({ amount: parseInt(value, 10), unit: value.slice(-1) }),
});

interface Pipeline {
  name: string;
  steps: Array<{ run: string }>;
}

@Controller('pipelines')
export class PipelineImportController {
  @Post('import')
  import(@Body('definition') definition: string) {
    const pipeline = yaml.load(definition, { schema: EXTENDED }) as Pipeline;
    return { name: pipeline.name, steps: pipeline.steps.length };
  }

  @Post('validate')
  validate(@Body('definition') definition: string) {
    const pipeline = yaml.load(definition, { schema: yaml.JSON_SCHEMA }) as Pipeline | undefined;
    if (!pipeline || typeof pipeline.name !== 'string') {
      throw new BadRequestException('name is missing');
    }
    return { valid: true };
  }

  @Post('schedule')
  schedule(@Body('definition') definition: string) {
    return yaml.load(definition, { schema: yaml.DEFAULT_SCHEMA.extend([DURATION]) });
  }

  @Post('batch')
  batch(@Body() body: { documents: string }) {
    const schema = yaml.DEFAULT_SCHEMA.extend([jsTypes.function]);
    const names: string[] = [];
    yaml.loadAll(body.documents, (doc) => names.push((doc as Pipeline).name), { schema });
    return { names };
  }
}
