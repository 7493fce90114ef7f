import { Injectable, Logger } from '@nestjs/common';

@Injectable()
export class EventsLogger {
  private readonly logger = new Logger('events');

  record(name: string, details: Record<string, unknown>) {
    this.logger.log(`${name} ${JSON.stringify(details)}`);
  }

  count(name: string, details: Record<string, unknown>) {
    this.logger.log(`${name} with ${Object.keys(details).length} fields`);
  }
}
