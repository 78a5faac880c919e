// The dashboard's built files. Any other GET of a page is its index: the screen reads the path. Hashed assets are kept by
// the browser for ever, the index is asked for anew each time.

import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import fastifyStatic from '@fastify/static';
import { sendRefusal } from './refused.ts';
import type { Routes } from './routes.ts';

const missing = `<!doctype html><meta charset="utf-8"><title>Fengsui 烽燧</title>
<p>界面文件尚未构建，请运行 <code>npm run build</code>。The dashboard is not built yet: <code>npm run build</code>.</p>`;

export async function addDashboard(app: Routes, folder: string | null): Promise<void> {
  const isBuilt = folder !== null && existsSync(join(folder, 'index.html'));
  if (isBuilt) {
    await app.register(fastifyStatic, {
      root: folder,
      cacheControl: false,
      setHeaders: (reply, path) => {
        const isHashed = basename(dirname(path)) === 'assets';
        reply.header('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache');
      },
    });
  }
  app.setNotFoundHandler((request, reply) => {
    const wantsPage = request.method === 'GET' && (request.headers.accept ?? '').includes('text/html');
    const isPage = wantsPage && !request.url.startsWith('/api/');
    if (!isPage) return sendRefusal(reply, 'NOT_FOUND');
    if (isBuilt) return reply.sendFile('index.html');
    return reply.code(503).type('text/html; charset=utf-8').send(missing);
  });
}
