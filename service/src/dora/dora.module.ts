/** The four DORA figures. */
import { Module } from '@nestjs/common';
import { DoraController } from './dora.controller.js';
import { DoraService } from './dora.service.js';

@Module({ controllers: [DoraController], providers: [DoraService], exports: [DoraService] })
export class DoraModule {}
