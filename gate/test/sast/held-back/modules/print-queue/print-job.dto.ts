import { IsIn, IsInt, IsUUID, Max, Min } from 'class-validator';

export const PRINTERS = ['front-desk', 'warehouse', 'office'] as const;

export class PrintJobDto {
  @IsUUID()
  documentId: string;

  @IsIn(PRINTERS)
  printer: (typeof PRINTERS)[number];

  @IsInt()
  @Min(1)
  @Max(20)
  copies: number;
}
