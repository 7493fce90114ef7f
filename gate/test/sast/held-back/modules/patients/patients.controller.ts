import { Body, Controller, Post, Put, Param, ParseUUIDPipe } from '@nestjs/common';
import { PatientsService } from './patients.service.js';

@Controller('patients')
export class PatientsController {
  constructor(private readonly patients: PatientsService) {}

  @Post()
  register(@Body() body: { email: string; password: string }) {
    return this.patients.register(body.email, body.password);
  }

  @Put(':id/pin')
  pin(@Param('id', ParseUUIDPipe) id: string, @Body('pin') pin: string) {
    return this.patients.setPin(id, pin);
  }
}
