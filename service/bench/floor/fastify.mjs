/** Fastify with one route and nothing else: the floor under every server here. */
import fastify from 'fastify';

const server = fastify();
server.get('/health/live', () => ({ status: 'ok', info: {}, error: {}, details: {} }));
await server.listen({ port: Number(process.env.PORT), host: '127.0.0.1' });
