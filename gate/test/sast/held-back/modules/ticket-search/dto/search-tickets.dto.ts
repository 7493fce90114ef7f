import { IsOptional, IsString, MaxLength } from 'class-validator';

export class SearchTicketsDto {
  @IsString()
  @MaxLength(200)
  text: string;

  @IsOptional()
  @IsString()
  label?: string;
}
