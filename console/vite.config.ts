import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  // Relative addresses, so that the console works below any path of a reverse proxy.
  base: './',
  plugins: [react()],
  build: {
    outDir: 'dist',
    target: 'es2023',
    // The content security policy allows neither inline scripts nor data: URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // In kB before compression. A test limits what a page loads.
    chunkSizeWarningLimit: 1000,
  },
});
