import { Controller } from '@nestjs/common';
import { EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import { InjectEntityManager } from '@nestjs/typeorm';
import { Column, Entity, EntityManager, PrimaryGeneratedColumn } from 'typeorm';

@Entity()
export class StaffMember {
  @PrimaryGeneratedColumn('uuid')
  id: string;

  @Column()
  name: string;

  @Column({ default: 'clerk' })
  role: string;

  @Column({ default: true })
  active: boolean;
}

@Controller()
export class StaffConsumer {
  constructor(@InjectEntityManager() private readonly manager: EntityManager) {}

  @MessagePattern('staff.create')
  async create(@Payload() data: Record<string, unknown>) {
    const member = this.manager.create(StaffMember, { ...data, active: true });
    return this.manager.save(member);
  }

  @MessagePattern('staff.invite')
  async invite(@Payload() data: { name: string; team: string }) {
    const member = this.manager.create(StaffMember, { name: data.name, role: 'clerk', active: false });
    return this.manager.save(member);
  }

  @EventPattern('staff.updated')
  async update(@Payload() { id, ...changes }: { id: string } & Record<string, any>) {
    await this.manager.update(StaffMember, { id: String(id) }, changes);
  }

  @EventPattern('staff.left')
  async leave(@Payload() event: { id: string }) {
    await this.manager.update(StaffMember, { id: String(event.id) }, { active: false });
  }
}
