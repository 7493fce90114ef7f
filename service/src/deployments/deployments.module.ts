/** Deployments: who put what where, and what runs there now. */
import { Module } from '@nestjs/common';
import { DeploymentsController } from './deployments.controller.js';
import { DeploymentsService } from './deployments.service.js';
import { EnvironmentsController } from './environments.controller.js';
import { EnvironmentsService } from './environments.service.js';

@Module({
  controllers: [DeploymentsController, EnvironmentsController],
  providers: [DeploymentsService, EnvironmentsService],
  exports: [EnvironmentsService],
})
export class DeploymentsModule {}
