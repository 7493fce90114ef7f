/** Whether this process is going away: set by SIGTERM, read by the readiness check and by the server. */
import { Injectable } from '@nestjs/common';

@Injectable()
export class Lifecycle {
  #draining = false;

  /** True from the moment the process was told to end. */
  get draining(): boolean {
    return this.#draining;
  }

  /** Begins the end: readiness is 503 from now on, and answers close their connections. */
  drain(): void {
    this.#draining = true;
  }
}
