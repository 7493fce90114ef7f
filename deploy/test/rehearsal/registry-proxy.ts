/** A registry on the way to the real one, at the port 5998 that the ephemeral host trusts: it tampers with what passes, or wants a password. */
import { createServer, type IncomingMessage, request as ask, type ServerResponse } from 'node:http';
import { registry } from './lab.ts';

export const proxyPort = 5998;

export interface Proxy {
  /** The same repository, by way of the proxy. */
  through(reference: string): string;
  /** Requests that came with the right password, or with a token that was got for it. */
  readonly admitted: number;
  close(): void;
}

export interface Login {
  username: string;
  password: string;
  /** How it asks: for the password itself, or for a token that another address gives for it. */
  scheme: 'basic' | 'bearer';
}

/** `tamper`: adds a byte to every blob. `login`: lets nobody in without. */
export function registryProxy(options: { tamper?: boolean; login?: Login }): Promise<Proxy> {
  const { login, tamper } = options;
  const name = registry().host.split(':')[0]!;
  let admitted = 0;
  const server = createServer((incoming, outgoing) => {
    if (login) {
      const basic = `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`;
      const token = 'a-token-for-this-test';
      const right = incoming.headers.authorization === (login.scheme === 'basic' ? basic : `Bearer ${token}`);
      if (incoming.url!.startsWith('/token')) {
        outgoing.writeHead(incoming.headers.authorization === basic ? 200 : 401, {
          'content-type': 'application/json',
        });
        outgoing.end(JSON.stringify(incoming.headers.authorization === basic ? { token, expires_in: 300 } : {}));
        return;
      }
      if (!right) {
        const realm = `http://${name}:${proxyPort}/token`;
        const challenge =
          login.scheme === 'basic' ? 'Basic realm="registry"' : `Bearer realm="${realm}",service="test"`;
        outgoing.writeHead(401, { 'www-authenticate': challenge, 'docker-distribution-api-version': 'registry/2.0' });
        outgoing.end();
        return;
      }
      admitted += 1;
    }
    handOn(incoming, outgoing, tamper ?? false);
  });
  return new Promise((ready) =>
    server.listen(proxyPort, '0.0.0.0', () =>
      ready({
        through: (reference) => reference.replace(/^[^/]+/, `${name}:${proxyPort}`),
        get admitted() {
          return admitted;
        },
        close: () => server.close(),
      }),
    ),
  );
}

function handOn(incoming: IncomingMessage, outgoing: ServerResponse, tamper: boolean): void {
  const { host, address } = registry();
  const { authorization: _ours, ...headers } = incoming.headers;
  const upstream = ask(
    {
      host: address ?? host.split(':')[0],
      port: host.split(':')[1],
      path: incoming.url,
      method: incoming.method,
      headers: { ...headers, host },
    },
    (answer) => {
      const tampered = tamper && incoming.url!.includes('/blobs/');
      const { 'content-length': length, ...rest } = answer.headers;
      outgoing.writeHead(answer.statusCode!, tampered || length === undefined ? rest : answer.headers);
      answer.on('end', () => outgoing.end(tampered ? ' ' : ''));
      answer.pipe(outgoing, { end: false });
    },
  );
  upstream.on('error', () => outgoing.destroy());
  incoming.pipe(upstream);
}
