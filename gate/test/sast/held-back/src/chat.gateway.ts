import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { Socket } from 'socket.io';

@WebSocketGateway({ namespace: 'chat', cors: { origin: true, credentials: true } })
export class ChatGateway {
  @SubscribeMessage('message')
  onMessage(@MessageBody() text: string, @ConnectedSocket() socket: Socket) {
    socket.broadcast.emit('message', { from: socket.id, text: String(text).slice(0, 2000) });
  }
}

@WebSocketGateway({ namespace: 'support', cors: { origin: ['https://help.example.com'], credentials: true } })
export class SupportGateway {
  @SubscribeMessage('question')
  onQuestion(@MessageBody() text: string) {
    return { event: 'queued', data: String(text).length };
  }
}

@WebSocketGateway({ namespace: 'ticker', cors: { origin: /example\.com/, credentials: true } })
export class TickerGateway {
  @SubscribeMessage('subscribe')
  onSubscribe(@MessageBody() symbol: string) {
    return { event: 'subscribed', data: symbol };
  }
}

@WebSocketGateway({ namespace: 'metrics', cors: { origin: false } })
export class MetricsGateway {
  @SubscribeMessage('sample')
  onSample() {
    return { event: 'sample', data: process.uptime() };
  }
}
