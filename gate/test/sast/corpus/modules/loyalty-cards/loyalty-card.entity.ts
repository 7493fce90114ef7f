import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

@Entity()
export class LoyaltyCard {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ unique: true })
  number: string;

  @Column({ default: 0 })
  points: number;
}
