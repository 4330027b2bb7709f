import { once } from 'node:events';
import { createServer as createHttp2Server, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { ModelSession } from './model-session.js';
import { makeProbe, type Probe, type Recorder } from './probe.js';
import type { ToolRecorder } from './tool-recorder.js';

/** How the streams of the model stand-in have gone. */
export interface StreamCounts {
  opened: number;
  open: number;
  /** Ended by the bridge in the legal order and then closed. */
  endedWell: number;
  violations: string[];
}

/** The model stand-in with two doors: HTTP/2 as the service has it, and plain TCP for the control run. */
export class ModelServer {
  readonly sessions = new Set<ModelSession>();
  readonly #probes = new Map<number, Probe>();
  readonly #recorder: Recorder;
  readonly #toolRecorder: ToolRecorder;
  readonly #now: () => number;
  readonly #http: Http2Server = createHttp2Server();
  readonly #tcp: Server;
  #counts: StreamCounts = { opened: 0, open: 0, endedWell: 0, violations: [] };

  constructor(recorder: Recorder, toolRecorder: ToolRecorder, now: () => number) {
    this.#recorder = recorder;
    this.#toolRecorder = toolRecorder;
    this.#now = now;
    this.#http.on('stream', (stream) => this.#serveStream(stream));
    this.#tcp = createTcpServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
      const session = this.#open((bytes) => {
        if (socket.writable) socket.write(bytes);
      });
      socket.on('data', (bytes) => session.push(bytes));
      socket.on('end', () => socket.end());
      socket.on('error', () => socket.destroy());
      socket.on('close', () => this.#close(session));
    });
  }

  async listen(): Promise<{ modelOrigin: string; directPort: number }> {
    this.#http.listen(0, '127.0.0.1');
    this.#tcp.listen(0, '127.0.0.1');
    await Promise.all([once(this.#http, 'listening'), once(this.#tcp, 'listening')]);
    const { port } = this.#http.address() as AddressInfo;
    return { modelOrigin: `http://127.0.0.1:${port}`, directPort: (this.#tcp.address() as AddressInfo).port };
  }

  /** What has happened since the last question. */
  takeCounts(): StreamCounts {
    const counts = this.#counts;
    this.#counts = { opened: 0, open: this.sessions.size, endedWell: 0, violations: [] };
    return { ...counts, open: this.sessions.size, violations: counts.violations.slice(0, 10) };
  }

  probe(index: number): Probe {
    const probe = this.#probes.get(index) ?? makeProbe(index);
    this.#probes.set(index, probe);
    return probe;
  }

  forgetProbes(): void {
    this.#probes.clear();
  }

  tick(nowMs: number): void {
    for (const session of this.sessions) session.tick(nowMs);
  }

  #serveStream(stream: ServerHttp2Stream): void {
    const session = this.#open((bytes) => {
      if (!stream.destroyed && stream.writable) stream.write(bytes);
    });
    stream.on('data', (bytes: Buffer) => session.push(bytes));
    stream.on('end', () => stream.end());
    stream.on('error', () => stream.destroy());
    stream.on('close', () => this.#close(session));
    stream.respond({ ':status': 200, 'content-type': 'application/vnd.amazon.eventstream' });
  }

  #open(write: (bytes: Buffer) => void): ModelSession {
    const session = new ModelSession({
      write,
      recorder: this.#recorder,
      toolRecorder: this.#toolRecorder,
      probeOf: (prompt) => {
        const index = /client:bench-(\d+)/.exec(prompt)?.[1];
        return index === undefined ? undefined : this.#probes.get(Number(index));
      },
      calls: () => this.#probes.size,
      now: this.#now,
    });
    this.sessions.add(session);
    this.#counts.opened++;
    return session;
  }

  #close(session: ModelSession): void {
    session.silence();
    this.sessions.delete(session);
    if (session.isEnded) this.#counts.endedWell++;
    for (const violation of session.violations) this.#counts.violations.push(violation);
  }
}
