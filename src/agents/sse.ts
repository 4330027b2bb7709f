/** One event of a server-sent event stream. */
export interface SseEvent {
  /** The value of its `event:` line; `message` when it had none. */
  readonly type: string;
  /** Its `data:` lines, joined by newlines. */
  readonly data: string;
}

/**
 * Takes a server-sent event stream as bytes come, cut anywhere, also within a character, and gives each event once it
 * is complete. Comments and events without data are dropped; so are `id` and `retry`, as nobody reconnects.
 * Source: WHATWG HTML, "Server-sent events", 9.2.6.
 */
export class SseParser {
  readonly #decoder = new TextDecoder();
  #line = '';
  #endedOnReturn = false;
  #type = '';
  #data: string[] = [];

  push(bytes: Uint8Array): SseEvent[] {
    return this.#take(this.#decoder.decode(bytes, { stream: true }));
  }

  /** The end of the stream: gives the last event also when the server left out the empty line behind it. */
  end(): SseEvent[] {
    return this.#take(`${this.#decoder.decode()}\n\n`);
  }

  #take(text: string): SseEvent[] {
    // The second half of a line end that was cut in two.
    const rest = this.#endedOnReturn && text.startsWith('\n') ? text.slice(1) : text;
    if (text !== '') this.#endedOnReturn = text.endsWith('\r');
    const lines = rest.split(/\r\n|\n|\r/);
    lines[0] = this.#line + lines[0];
    this.#line = lines.pop()!;
    return lines.map((line) => this.#takeLine(line)).filter((event) => event !== undefined);
  }

  #takeLine(line: string): SseEvent | undefined {
    if (line === '') {
      const event = { type: this.#type === '' ? 'message' : this.#type, data: this.#data.join('\n') };
      const isEvent = this.#data.length > 0;
      this.#type = '';
      this.#data = [];
      return isEvent ? event : undefined;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') this.#data.push(value);
    if (field === 'event') this.#type = value;
    return undefined;
  }
}
