import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import wavefile from 'wavefile';
import { realClock } from '../../src/clock.js';
import { FIXTURES_DIR, loadFixture } from '../../src/replay/fixture/fixture.js';
import { runReplay } from '../../src/replay/run/run.js';
import { jobsOf, replayAll } from '../../src/replay/run/run-calls.js';
import { faultOf, type RunOptions } from '../../src/replay/run/run-options.js';
import { variantsOf } from '../../src/replay/run/run-variants.js';
import type { ReplayTarget } from '../../src/replay/runner.js';
import { runningBridge } from '../../src/replay/running-bridge.js';
import { fakeTerminal, runOptions } from './runs.js';

const CALL = 'agent-hangs-up-after-its-goodbye-was-heard';
const FOLDER = join(FIXTURES_DIR, 'calls', CALL);

const options = (changes: Partial<RunOptions> = {}) => runOptions({ places: [FOLDER], ...changes });

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'run-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

describe('a run', () => {
  it('writes page, reports, JSON and JUnit, and ends with 0 when all is as expected', async () => {
    const terminal = fakeTerminal();
    const out = join(dir, 'out');

    const code = await runReplay(
      options({ virtual: true, out, json: join(dir, 'deep/run.json'), junit: join(dir, 'run.xml') }),
      terminal,
    );

    expect(terminal.printed()).toContain('1 calls as expected');
    expect(code).toBe(0);
    expect(terminal.told()).toMatch(/1\/1.*agent-hangs-up-after-its-goodbye-was-heard/);
    for (const file of ['run.html', ...['report.html', 'report.json', 'heard.wav'].map((name) => join(CALL, name))]) {
      expect(existsSync(join(out, file))).toBe(true);
    }
    expect(JSON.parse(readFileSync(join(dir, 'deep/run.json'), 'utf8'))).toMatchObject({
      calls: [{ name: CALL, verdict: 'passed' }],
    });
    expect(readFileSync(join(dir, 'run.xml'), 'utf8')).toContain('tests="1" failures="0"');
  });

  it('ends with 1 when an expectation failed, tells what is not as it was, and with 0 when it has been updated', async () => {
    const folder = join(dir, 'calls', CALL);
    cpSync(FOLDER, folder, { recursive: true });
    const text = readFileSync(join(folder, 'call.yaml'), 'utf8');
    writeFileSync(join(folder, 'call.yaml'), text.replace('endReason: agent-hung-up', 'endReason: silence # quiet'));
    const terminal = fakeTerminal();

    const code = await runReplay(
      options({ places: [folder], virtual: true, against: join(dir, 'deep/run.json') }),
      terminal,
    );
    const updatedCode = await runReplay(
      options({ places: [folder], virtual: true, update: true, yes: true }),
      fakeTerminal(),
    );

    expect(code).toBe(1);
    expect(terminal.printed()).toContain('endReason: expected silence, found agent-hung-up');
    expect(terminal.printed()).toMatch(/the call: as expected .*not as expected/);
    expect(updatedCode).toBe(0);
    expect(readFileSync(join(folder, 'call.yaml'), 'utf8')).toBe(
      text.replace('endReason: agent-hung-up', 'endReason: agent-hung-up # quiet'),
    );
  });

  it('tells what it changed of a recording of another rate', async () => {
    const folder = join(dir, 'converted', CALL);
    cpSync(FOLDER, folder, { recursive: true });
    const wav = new wavefile.WaveFile();
    wav.fromScratch(2, 44_100, '16', [new Int16Array(44_100).fill(900), new Int16Array(44_100).fill(900)]);
    const [, name] = /say: (\S+\.wav)/.exec(readFileSync(join(folder, 'call.yaml'), 'utf8'))!;
    writeFileSync(join(folder, name!), wav.toBuffer());
    const terminal = fakeTerminal();

    await runReplay(options({ places: [folder], virtual: true }), terminal);

    expect(terminal.told()).toMatch(new RegExp(`${CALL}: .*${name}.*44`));
  });

  it.each([
    ['no call is there', { places: ['/nowhere'] }, /no recorded call .* at \/nowhere/],
    ['no name is like that', { grep: /xyzzy/ }, /xyzzy/],
    ['an earlier run is none', { against: '/nowhere.json' }, /nowhere\.json is no JSON file/],
    ['an impairment is none', { virtual: true, impairments: ['fog=3'] }, /fog=3/],
    ['nothing listens', { url: 'http://127.0.0.1:9', token: 't' }, /127\.0\.0\.1:9/],
  ] as const)('ends with 2 and the reason when %s', async (_name, changes, reason) => {
    const terminal = fakeTerminal();

    expect(await runReplay(options(changes), terminal)).toBe(2);
    expect(terminal.told()).toMatch(reason);
  });

  it('ends with 2 and names the faults of every file when calls are broken', async () => {
    for (const name of ['bad-yaml', 'bad-field']) mkdirSync(join(dir, 'broken', name), { recursive: true });
    writeFileSync(join(dir, 'broken/bad-yaml/call.yaml'), 'description: [\n');
    writeFileSync(join(dir, 'broken/bad-field/call.yaml'), 'description: d\nfroom: x\n');
    const terminal = fakeTerminal();

    expect(await runReplay(options({ places: [join(dir, 'broken')] }), terminal)).toBe(2);
    expect(terminal.told()).toMatch(/bad-yaml\/call\.yaml:\d/);
    expect(terminal.told()).toMatch(/bad-field\/call\.yaml:2: froom is no field here/);
  });
});

describe('options that cannot be had together', () => {
  it.each([
    [{ url: 'https://a.example' }, '--token'],
    [{ url: 'a.example', token: 't' }, 'http(s)://'],
    [{ url: 'https://a.example', token: 't', virtual: true }, '--virtual'],
    [{ url: 'https://a.example', token: 't', speed: 2 }, '--speed'],
    [{ webhook: true, url: 'https://a.example' }, 'TWILIO_AUTH_TOKEN'],
    [{ webhook: true, url: 'https://a.example', authToken: 'a', agents: ['b'] }, '--agent'],
    [{ agentVersions: [3] }, '--url'],
    [{ seed: 3 }, '--virtual'],
    [{ update: true, yes: true, repeat: 2 }, '--repeat'],
    [{ update: true }, '--yes'],
  ] as const)('%j', (changes, word) => {
    expect(faultOf(options(changes), false)).toContain(word);
  });

  it('are few', () => {
    expect(faultOf(options({ update: true }), true)).toBeUndefined();
    expect(faultOf(options({ url: 'https://a.example', token: 't', agentVersions: [3, 4] }), false)).toBeUndefined();
  });
});

describe('the plan of a run', () => {
  const fixture = loadFixture(FOLDER);
  const target = (placed: string[]): ReplayTarget => ({
    clock: realClock(),
    place: async ({ call }) => {
      placed.push(call.agent);
      throw new Error('the line is dead');
    },
  });
  const silent = { began: () => undefined, ended: () => undefined };

  it('has every call in every variant in every round, in the order of the table', async () => {
    const jobs = jobsOf([fixture], variantsOf({ agents: ['reception', 'orders'] }), 2);

    const calls = await replayAll(jobs, { atOnce: 3, bail: false }, () => target([]), silent);

    expect(jobs.map(({ title }) => title)).toEqual([
      `${CALL} [reception] (1 of 2)`,
      `${CALL} [orders] (1 of 2)`,
      `${CALL} [reception] (2 of 2)`,
      `${CALL} [orders] (2 of 2)`,
    ]);
    expect(calls.map(({ variant, round }) => `${variant} ${round}`)).toEqual([
      'reception 1',
      'orders 1',
      'reception 2',
      'orders 2',
    ]);
    expect(jobs.map(({ fixture: each }) => each.agent?.agent.name)).toEqual(
      ['Reception', 'Orders', 'Reception', 'Orders'].map(() => expect.any(String)),
    );
  });

  it('ends at the first failure when that is wanted', async () => {
    const placed: string[] = [];
    const jobs = jobsOf([fixture, fixture], variantsOf({}), 1);

    const calls = await replayAll(jobs, { atOnce: 5, bail: true }, () => target(placed), silent);

    expect(placed).toHaveLength(1);
    expect(calls).toHaveLength(1);
  });

  it('leaves an agent that is no file to the bridge under test', () => {
    const [job] = jobsOf([fixture], variantsOf({ agents: ['Night desk'] }), 1);

    expect(job?.fixture).toMatchObject({ agent: undefined, call: { agent: 'Night desk' } });
  });
});

describe('a bridge under test', () => {
  /** Reached at the address that comes back; `answer` gets each connection. */
  async function serve(answer: (socket: Socket) => void): Promise<string> {
    const sockets = new Set<Socket>();
    const server: Server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      answer(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
  const http =
    (body: string, status = '200 OK') =>
    (socket: Socket) =>
      socket.on('data', () =>
        socket.end(
          `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
        ),
      );

  it('that accepts and says nothing is given up', async () => {
    const url = await serve(() => undefined);

    await expect(runningBridge(url, 't', undefined, 100).ready()).rejects.toThrow(/no answer within 100 ms/);
  });

  it('that begins an answer and never ends it is given up', async () => {
    const url = await serve((socket) =>
      socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{')),
    );

    await expect(runningBridge(url, 't', undefined, 100).ready()).rejects.toThrow(/no answer within 100 ms/);
  });

  it.each([
    ['garbage', (socket: Socket) => socket.end('\u0000\u0001 hello? hello?\r\n\r\n'), /HTTP/],
    ['a page of something else', http('<html></html>'), /not with JSON/],
    ['other JSON', http('{"hello":1}'), /not answered with a list that ends/],
    ['a list without end', http('{"items":[],"nextCursor":"same"}'), /not answered with a list that ends/],
    ['a refusal', http('{"detail":"no such token"}', '401 Unauthorized'), /401: no such token/],
    ['nothing, and hangs up', (socket: Socket) => socket.destroy(), /GET http/],
  ])('that answers with %s ends the run with 2 and the reason', async (_name, answer, reason) => {
    const url = await serve(answer);
    const terminal = fakeTerminal();

    expect(await runReplay(options({ url, token: 't' }), terminal)).toBe(2);
    expect(terminal.told()).toMatch(reason);
  });

  it('that has the agent but no use for a test call leaves the call not run', async () => {
    const url = await serve(http(JSON.stringify({ items: [{ id: 'reception', name: 'x' }], nextCursor: null })));
    const terminal = fakeTerminal();

    expect(await runReplay(options({ url, token: 't' }), terminal)).toBe(2);
    expect(terminal.printed()).toContain('1 could not be run');
  });
});
