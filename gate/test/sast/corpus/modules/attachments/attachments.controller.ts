import { Controller, Delete, Get, Param, Query, StreamableFile } from '@nestjs/common';
import { AttachmentsService } from './attachments.service.js';

@Controller('attachments')
export class AttachmentsController {
  constructor(private readonly attachments: AttachmentsService) {}

  @Get(':mailbox/file')
  async file(@Param('mailbox') mailbox: string, @Query('name') name: string) {
    const { stream, type } = await this.attachments.open(mailbox, name);
    return new StreamableFile(stream, { type });
  }

  @Delete(':mailbox/:name')
  async remove(@Param('mailbox') mailbox: string, @Param('name') name: string) {
    await this.attachments.remove(mailbox, name);
  }
}
