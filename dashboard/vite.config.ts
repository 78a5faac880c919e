// Build of the dashboard: one page, hashed assets, fonts apart. `#alarms/*` and `#gateway/*` are resolved by Vite
// from package.json `imports`, as Node and the compiler do. The dev server hands API and stream to a running gateway.

import { fileURLToPath } from 'node:url';
import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vite';

const gateway = process.env['FENGSUI_DEV_GATEWAY'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [vue()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    // Fonts stay files of their own: a data: address in the style sheet would be part of the first load.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: { '/api': gateway, '/stream': { target: gateway, ws: true } },
  },
});
