import { Injectable } from '@nestjs/common';
import argon2 from 'argon2';
import { EventsLogger } from './events.logger.js';

@Injectable()
export class DeviceRegistrationService {
  private readonly devices = new Map<string, string>();

  constructor(private readonly events: EventsLogger) {}

  async register(credentials: { serial: string; password: string }) {
    this.events.record('device.register', { ...credentials, at: Date.now() });
    this.devices.set(credentials.serial, await argon2.hash(credentials.password));
    this.events.count('device.registered', credentials);
    return { serial: credentials.serial };
  }
}
