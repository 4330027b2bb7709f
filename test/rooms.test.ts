import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SRC = fileURLToPath(new URL('../src', import.meta.url));

/** Which room may import from which. Files outside of rooms (errors, log, clock, ids, page) may be used by everyone. */
const DOORS: Readonly<Record<string, readonly string[]>> = {
  audio: [],
  media: ['audio'],
  access: [],
  directory: ['access'],
  call: ['media', 'directory', 'audio', 'access'],
  tools: ['call', 'directory'],
  agents: [],
  knowledge: [],
  mcp: ['directory'],
  asking: ['agents', 'knowledge', 'mcp', 'tools', 'access'],
  telemetry: ['call'],
  recording: ['call', 'audio'],
  listening: ['call', 'audio', 'recording'],
  blackbox: ['call', 'audio', 'directory'],
  twilio: ['call', 'audio', 'access', 'directory'],
  sonic: ['call', 'audio', 'directory'],
  jobs: ['call', 'access', 'knowledge'],
  creator: ['agents', 'directory', 'access', 'jobs'],
  store: ['call', 'directory', 'access', 'jobs', 'knowledge', 'creator'],
  'fixture-maker': ['blackbox', 'call', 'audio', 'directory', 'media'],
  admin: ['call', 'directory', 'access', 'creator'],
  doctor: ['call', 'directory', 'sonic', 'twilio', 'store', 'recording', 'access'],
  web: [],
  console: ['admin', 'call', 'directory', 'creator'],
  emulator: [],
  replay: ['fixture-maker', 'emulator', 'call', 'audio', 'directory', 'media', 'blackbox', 'agents', 'creator'],
  bench: ['replay', 'emulator', 'audio', 'call', 'store', 'directory', 'creator'],
  chaos: ['bench', 'replay', 'emulator', 'call', 'store'],
};

/** Files that put the rooms together, and may therefore know all of them. */
const COMPOSERS = [
  'app.ts',
  'tool-services.ts',
  'knowledge-services.ts',
  'creator-services.ts',
  'creator-making.ts',
  'creator-process.ts',
  'background-work.ts',
  'main.ts',
  'shutdown.ts',
  'config.ts',
  'replay/stack/local-stack.ts',
  'replay/stack/filling.ts',
  'replay/virtual/bridge.ts',
  'replay/virtual/model-transport.ts',
  'replay/virtual/world.ts',
];

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => /\.tsx?$/.test(file));

/** What a file imports of ours; `values` leaves out imports of types, which do not exist at run time. */
function importsOf(file: string, kind: 'all' | 'values'): string[] {
  const text = readFileSync(join(SRC, file), 'utf8');
  const statements = [...text.matchAll(/^(?:import|export)\s[^;]*?from\s+'(\.[^']+)'/gms)];
  return statements
    .filter(([statement]) => kind === 'all' || !/^(import|export) type /.test(statement))
    .map(([, target = '']) =>
      relative(SRC, resolve(dirname(join(SRC, file)), target.replace(/\?.*$/, ''))).replace(/\.js$/, '.ts'),
    );
}

const roomOf = (file: string) => (file.includes('/') ? file.split('/')[0]! : undefined);

describe('the rooms', () => {
  it('put nothing of the server into the page but what its types say', () => {
    const strays = files
      .filter((file) => roomOf(file) === 'console')
      .flatMap((file) => importsOf(file, 'values').map((target) => `${file} -> ${target}`))
      .filter((edge) => roomOf(edge.split(' -> ')[1]!) !== 'console');

    expect(strays).toEqual([]);
  });

  it('are all on the map', () => {
    const rooms = new Set(files.map(roomOf).filter((room) => room !== undefined));

    expect([...rooms].filter((room) => !(room in DOORS))).toEqual([]);
  });

  it.each(Object.entries(DOORS))('%s imports only from %j', (room, doors) => {
    const strays = files
      .filter((file) => roomOf(file) === room && !COMPOSERS.includes(file))
      .flatMap((file) => importsOf(file, 'all').map((target) => `${file} -> ${target}`))
      .filter((edge) => {
        const target = roomOf(edge.split(' -> ')[1]!);
        return target !== undefined && target !== room && !doors.includes(target);
      });

    expect(strays).toEqual([]);
  });

  it('import in no circle', () => {
    const state = new Map<string, 'open' | 'done'>();
    const circles: string[] = [];
    const walk = (file: string, path: string[]) => {
      if (state.get(file) === 'done') return;
      if (state.get(file) === 'open') {
        circles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
        return;
      }
      state.set(file, 'open');
      for (const target of importsOf(file, 'values')) walk(target, [...path, file]);
      state.set(file, 'done');
    };
    for (const file of files) walk(file, []);

    expect(circles).toEqual([]);
  });
});

describe('the production image', () => {
  const reached = new Set<string>();
  const reach = (file: string) => {
    if (reached.has(file)) return;
    reached.add(file);
    for (const target of importsOf(file, 'values')) reach(target);
  };
  reach('main.ts');
  // A thread and processes of their own, which nothing imports.
  reach('asking/thread.ts');
  reach('fixture-maker/worker.ts');
  reach('creator/gates/checking-process.ts');

  it('contains the bridge and nothing of the local stack', () => {
    const rooms = new Set([...reached].map(roomOf));

    expect(rooms).toContain('call');
    for (const room of ['emulator', 'replay', 'bench', 'chaos']) expect(rooms).not.toContain(room);
  });

  it('needs only packages that are installed without development dependencies', () => {
    const { dependencies } = JSON.parse(readFileSync(join(SRC, '../package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    const packages = [...reached].flatMap((file) =>
      [...readFileSync(join(SRC, file), 'utf8').matchAll(/from '((?:@[^/']+\/)?[^./'][^/']*)/g)]
        .map(([, name = '']) => name)
        .filter((name) => !name.startsWith('node:')),
    );

    expect([...new Set(packages)].filter((name) => !(name in dependencies) && name !== '@smithy/types')).toEqual([]);
  });
});
