// Preloaded into the real service of a release that is bad on purpose: FAULT says in which way.
import { Server } from 'node:http';
import { setTimeout } from 'node:timers';

const fault = process.env.FAULT;
if (process.argv[1]?.endsWith('migrate.mjs')) {
  if (fault === 'migration-error') {
    console.log(
      JSON.stringify({
        level: 'FATAL',
        message: 'the migrations could not be applied',
        error: { message: 'column "x" does not exist' },
      }),
    );
    process.exit(1);
  }
} else {
  // The service, whatever its file is called: the image's other programs have no server.
  const emit = Server.prototype.emit;
  Server.prototype.emit = function (event, request, response) {
    if (event !== 'request') return emit.apply(this, arguments);
    const throughNginx = request.headers['x-forwarded-for'] !== undefined;
    if (fault === 'never-ready' && request.url.startsWith('/health')) return answer(response, 503);
    if (fault === 'fails-behind-nginx' && throughNginx) return answer(response, 500);
    if (fault === 'dies-after-switch' && throughNginx) setTimeout(() => process.exit(1), 2_000);
    if (
      fault === 'worse-after-switch' &&
      throughNginx &&
      Math.random() < 0.5 &&
      Date.now() - (globalThis.first ??= Date.now()) > 2_000
    )
      return answer(response, 500);
    return emit.apply(this, arguments);
  };
}

function answer(response, status) {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end('{"fault":true}');
}
