import http from 'node:http';

export interface ReadEvent {
  id?: string;
  kind: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects
  data: any;
}

/** An EventSource with its hands open: reads an event stream event by event. */
export async function readEvents(url: string, headers: Record<string, string>) {
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    http.get(url, { headers: { accept: 'text/event-stream', ...headers }, agent: false }, resolve).on('error', reject);
  });
  const events: ReadEvent[] = [];
  const comments: string[] = [];
  let rest = '';
  let isOver = false;
  let wake = (): void => undefined;
  response.setEncoding('utf8');
  response.on('data', (text: string) => {
    const blocks = (rest + text).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = new Map(
        block.split('\n').map((line) => [line.split(': ', 1)[0], line.slice(line.indexOf(': ') + 2)]),
      );
      const kind = fields.get('event');
      const id = fields.get('id');
      if (kind) events.push({ ...(id !== undefined && { id }), kind, data: JSON.parse(fields.get('data') ?? 'null') });
      else comments.push(block);
    }
    wake();
  });
  response.on('error', () => undefined);
  response.on('close', () => {
    isOver = true;
    wake();
  });
  const next = async <Found>(find: () => Found | undefined): Promise<Found> => {
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      if (isOver) throw new Error(`the stream ended after ${events.map(({ kind }) => kind).join(', ')}`);
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return {
    status: response.statusCode,
    headers: response.headers,
    events,
    comments,
    /** Resolves with the first event of that kind. */
    kind: (kind: string) => next(() => events.find((event) => event.kind === kind)),
    count: (count: number) => next(() => (events.length >= count ? events : undefined)),
    comment: (text: string) => next(() => comments.find((comment) => comment.includes(text))),
    ended: () =>
      next(() => (isOver ? true : undefined)).then(
        () => undefined,
        () => undefined,
      ),
    response,
    close: () => response.destroy(),
  };
}
