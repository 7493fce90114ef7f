import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { digest, slowDigest } from './digest.js';
import { Patient } from './patient.entity.js';

@Injectable()
export class PatientsService {
  constructor(@InjectRepository(Patient) private readonly patients: Repository<Patient>) {}

  async register(email: string, password: string) {
    const { identifiers } = await this.patients.insert({ email: String(email), passwordHash: digest(password) });
    return identifiers[0];
  }

  async setPin(id: string, pin: string) {
    await this.patients.update({ id }, { pinHash: await slowDigest(String(pin)) });
  }
}
