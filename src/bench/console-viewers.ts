import { type ClientRequest, request } from 'node:http';

/** What consoles have been told so far, all together. */
export interface Told {
  viewers: number;
  events: number;
  bytes: number;
  /** Streams that the server has ended. */
  lost: number;
}

/** Behind the id of each, in the same write. */
const EVENT_NAME = Buffer.from('\nevent: ');

/** Consoles as the server sees them: event streams that are read as fast as they come. */
export class ConsoleViewers {
  readonly #open: ClientRequest[] = [];
  #events = 0;
  #bytes = 0;
  #lost = 0;

  /** Opens so many more at once. Resolves when each has been told how things stand. */
  async open(port: number, authorization: string, count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => this.#openOne(port, authorization)));
  }

  get told(): Told {
    return { viewers: this.#open.length, events: this.#events, bytes: this.#bytes, lost: this.#lost };
  }

  close(): void {
    for (const each of this.#open.splice(0)) each.destroy();
  }

  #openOne(port: number, authorization: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const headers = { Authorization: authorization };
      const sent = request({ host: '127.0.0.1', port, path: '/api/events', headers, agent: false }, (response) => {
        if (response.statusCode !== 200) reject(new Error(`the event stream was refused: ${response.statusCode}`));
        response.on('error', () => undefined);
        response.on('close', () => {
          if (this.#open.includes(sent)) this.#lost++;
        });
        response.on('data', (chunk: Buffer) => {
          this.#bytes += chunk.length;
          for (let at = chunk.indexOf(EVENT_NAME); at >= 0; at = chunk.indexOf(EVENT_NAME, at + 1)) {
            this.#events++;
            resolve();
          }
        });
      });
      // Closed by us while it is read.
      sent.on('error', (error) => reject(error));
      sent.end();
      this.#open.push(sent);
    });
  }
}
