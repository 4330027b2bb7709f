// Starts the production server, once it has been built.
import { existsSync } from 'node:fs';

const main = new URL('../dist/main.js', import.meta.url);
if (!existsSync(main)) {
  process.stderr.write('The server has not been built: run "npm run build" first.\n');
  process.exit(1);
}

// The AWS SDK is pinned to a version that runs on Node 20; its notice about later ones is no news to operators.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
await import(main.href);
