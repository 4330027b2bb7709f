// Starts the production server with the garbage collector set for many small live calls.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
if (!existsSync(main)) {
  process.stderr.write('The server has not been built: run "npm run build" first.\n');
  process.exit(1);
}

// A small young generation keeps collections short: the live set is tiny, and long pauses are heard as delay.
const flags = ['--max-semi-space-size=4'];
// With one core, helper threads of the collector only take time from the calls.
if (availableParallelism() === 1) flags.push('--single-threaded-gc');

// The AWS SDK is pinned to a version that runs on Node 20; its notice about later ones is no news to operators.
const env = { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', ...process.env };

const child = spawn(process.execPath, [...flags, '--enable-source-maps', main], { stdio: 'inherit', env });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
