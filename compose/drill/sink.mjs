/**
 * The fire drill's ear: takes what Grafana's webhook and Prometheus send, and tells it again.
 * POST /grafana and POST /api/v2/alerts (Alertmanager's own path) are remembered with their time; GET /received lists them.
 */
import { createServer } from 'node:http';

/** {at, from, alert, status}: one entry a change, however often it is repeated. */
const received = [];

createServer((request, response) => {
  if (request.method === 'GET') {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(received));
    return;
  }
  let body = '';
  request.setEncoding('utf8');
  request.on('data', (chunk) => (body += chunk));
  request.on('end', () => {
    const from = request.url === '/grafana' ? 'grafana' : 'prometheus';
    const message = JSON.parse(body);
    for (const alert of from === 'grafana' ? message.alerts : message) remember(from, alert);
    response.end();
  });
}).listen(9093, '0.0.0.0');

function remember(from, alert) {
  const name = alert.labels.alertname;
  // Prometheus says "resolved" by an end that is past; Grafana by its name.
  const resolved = from === 'grafana' ? alert.status === 'resolved' : Date.parse(alert.endsAt) <= Date.now();
  const status = resolved ? 'resolved' : 'firing';
  const last = received.findLast((entry) => entry.from === from && entry.alert === name);
  if (last?.status === status || (status === 'resolved' && !last)) return;
  received.push({ at: new Date().toISOString(), from, alert: name, status });
}
