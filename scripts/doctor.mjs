// Looks at an installation: by the built server when there is one, else by the sources.
import { existsSync } from 'node:fs';

// The AWS SDK is pinned to a version that runs on Node 20; its notice about later ones is no news to operators.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

const built = new URL('../dist/doctor/main.js', import.meta.url);
const sources = new URL('../src/doctor/main.ts', import.meta.url);
if (existsSync(built)) {
  await import(built.href);
} else {
  const tsx = existsSync(sources) ? await import('tsx/esm/api').catch(() => undefined) : undefined;
  if (!tsx) {
    process.stderr.write('The server has not been built: run "npm run build" first.\n');
    process.exit(1);
  }
  tsx.register();
  await import(sources.href);
}
