import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { compression } from 'vite-plugin-compression2';

/** The server that `npm run console` takes the API from. */
const API = 'http://127.0.0.1:4000';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [
    react(),
    // The server sends these as they are: nothing is compressed anew for each browser.
    compression({ algorithms: ['brotliCompress', 'gzip'], include: /\.(js|css|html|svg)$/, threshold: 1024 }),
  ],
  resolve: {
    // graphql-js has an ESM and a CommonJS copy; two of them in one bundle do not know each other.
    dedupe: ['graphql', 'react', 'react-dom'],
  },
  build: {
    outDir: '../../dist/console',
    emptyOutDir: true,
    // The Content-Security-Policy allows no data: scripts, and small files are cheap over one connection.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Cloudscape, React and Apollo Client are in one file that all pages share: some 320 kB compressed.
    chunkSizeWarningLimit: 1500,
    // How long a busy machine took is no warning.
    rolldownOptions: { checks: { bundlerTimings: false } },
  },
  server: {
    host: '127.0.0.1',
    proxy: {
      '/graphql': { target: API, ws: true, changeOrigin: true, rewriteWsOrigin: true, headers: { origin: API } },
      '/downloads': { target: API, changeOrigin: true },
      '/graphiql': { target: API, changeOrigin: true },
    },
  },
});
