import { HttpService } from '@nestjs/axios';
import { Injectable } from '@nestjs/common';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import { firstValueFrom } from 'rxjs';
import { Agent, fetch } from 'undici';

@Injectable()
export class PartnerGatewayService {
  private readonly agent = new https.Agent({ keepAlive: true, rejectUnauthorized: false });

  private readonly mutual = new https.Agent({
    cert: readFileSync('/run/certs/client.pem'),
    key: readFileSync('/run/certs/client.key'),
    ca: readFileSync('/run/certs/partner-ca.pem'),
    rejectUnauthorized: true,
  });

  private readonly dispatcher = new Agent({
    connect: { timeout: 5_000, rejectUnauthorized: false },
  });

  private readonly pinned = new Agent({ connect: { ca: readFileSync('/run/certs/partner-ca.pem', 'utf8') } });

  constructor(private readonly http: HttpService) {}

  async offers() {
    const { data } = await firstValueFrom(this.http.get('https://partner.example.com/offers', { httpsAgent: this.agent }));
    return data;
  }

  async invoices() {
    const { data } = await firstValueFrom(this.http.get('https://partner.example.com/invoices', { httpsAgent: this.mutual }));
    return data;
  }

  async stock() {
    const response = await fetch('https://stock.example.com/v1/levels', { dispatcher: this.dispatcher });
    return response.json();
  }

  async prices() {
    const response = await fetch('https://stock.example.com/v1/prices', { dispatcher: this.pinned });
    return response.json();
  }
}
