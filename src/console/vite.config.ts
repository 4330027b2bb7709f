import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const COMPRESSIBLE = /\.(?:js|css|svg)$/;

/** Writes each file of `assets` compressed beside it, so that the server has nothing to compress. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    async writeBundle({ dir = '' }, bundle) {
      for (const name of Object.keys(bundle).filter((file) => COMPRESSIBLE.test(file))) {
        const bytes = await readFile(join(dir, name));
        await writeFile(join(dir, `${name}.br`), await promisify(brotliCompress)(bytes));
        await writeFile(join(dir, `${name}.gz`), await promisify(gzip)(bytes));
      }
    },
  };
}

/** What the first lines of the page load; the browser learns of it from the page, not from those lines. */
const MAIN = /\/main\.tsx$/;

function mainAnnounced(): Plugin {
  return {
    name: 'main-announced',
    transformIndexHtml: {
      order: 'post',
      handler(page, { bundle = {} }) {
        const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
        const main = chunks.find(({ moduleIds }) => moduleIds.some((id) => MAIN.test(id)));
        if (!main) throw new Error('main.tsx is in no chunk.');
        const styles = [...(main.viteMetadata?.importedCss ?? [])];
        const links = [
          ...[main.fileName, ...main.imports].map((file) => ({ rel: 'modulepreload', href: `/${file}` })),
          ...styles.map((file) => ({ rel: 'stylesheet', href: `/${file}` })),
        ];
        return links
          .filter(({ href }) => !page.includes(href))
          .map((attrs) => ({
            tag: 'link',
            attrs: { ...attrs, crossorigin: true, nonce: NONCE_PLACE },
            injectTo: 'head',
          }));
      },
    },
  };
}

/** The word in `index.html` that the server replaces by the nonce of the answer. */
const NONCE_PLACE = '__CSP_NONCE__';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: '/',
  plugins: [react(), compressed(), mainAnnounced()],
  html: { cspNonce: NONCE_PLACE },
  build: {
    outDir: fileURLToPath(new URL('../../dist/console', import.meta.url)),
    emptyOutDir: true,
    target: 'es2022',
    // Styles and images inside of scripts would be `data:` addresses.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1500,
    rolldownOptions: {
      output: {
        codeSplitting: {
          // Each with all that it needs: every file more is one more way to the bridge before anything is seen.
          groups: [
            { name: 'begin', test: /\/begin\.ts$/, priority: 2 },
            { name: 'main', test: MAIN, priority: 1 },
          ],
        },
      },
    },
  },
  worker: { format: 'es' },
});
