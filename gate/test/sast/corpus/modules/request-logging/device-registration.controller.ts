import { Body, Controller, Post } from '@nestjs/common';
import { DeviceRegistrationService } from './device-registration.service.js';

@Controller('devices')
export class DeviceRegistrationController {
  constructor(private readonly registration: DeviceRegistrationService) {}

  @Post('register')
  register(@Body() credentials: { serial: string; password: string }) {
    return this.registration.register(credentials);
  }
}
