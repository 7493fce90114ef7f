import { Injectable } from '@nestjs/common';
import * as yaml from 'js-yaml';
import * as jsTypes from 'js-yaml-js-types';

@Injectable()
export class PresetCodec {
  private readonly schema = yaml.DEFAULT_SCHEMA.extend(jsTypes.all);

  parse(text: string): unknown {
    return yaml.load(text, { schema: this.schema });
  }

  plain(text: string): unknown {
    return yaml.load(text, { schema: yaml.CORE_SCHEMA });
  }
}
