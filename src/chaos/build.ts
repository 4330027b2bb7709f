import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BUILD = `${ROOT}out/chaos-build`;
const BRIDGE = `${BUILD}/dist/chaos/bridge-process.js`;

/**
 * Compiles the bridge as for production; answers its entry. A bridge that has to be translated while it starts would take the
 * processor from the calls of the other ones.
 */
export function compileBridge(): string {
  mkdirSync(BUILD, { recursive: true });
  rmSync(BRIDGE, { force: true });
  const settings = {
    extends: '../../tsconfig.build.json',
    compilerOptions: { rootDir: '../../src', outDir: 'dist' },
    files: ['../../src/chaos/bridge-process.ts'],
  };
  writeFileSync(`${BUILD}/tsconfig.json`, JSON.stringify(settings, null, 2));
  // The bridge reads its version there, beside what was compiled.
  copyFileSync(`${ROOT}package.json`, `${BUILD}/package.json`);
  const compiler = `${ROOT}node_modules/typescript/bin/tsc`;
  spawnSync(process.execPath, [compiler, '-p', `${BUILD}/tsconfig.json`], { stdio: 'inherit' });
  if (!existsSync(BRIDGE)) throw new Error('the bridge could not be compiled');
  return BRIDGE;
}
