import { setImmediate } from 'node:timers/promises';
import { JsonValue } from '../json-value.js';

/** Characters of a message that are read as they are; of more only what is worth reading is kept. */
const LARGE_LENGTH = 16_384;

/**
 * Makes the body of an answer short before it is parsed, which would take a large one many milliseconds in which no audio goes
 * on: JSON, or the data lines of an event stream.
 */
export function shortened(isStream: boolean): TransformStream<Uint8Array, Uint8Array> {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  const take = isStream ? lines() : whole();
  return new TransformStream({
    async transform(piece, controller) {
      const text = take.push(decoder.decode(piece, { stream: true }));
      if (text !== '') controller.enqueue(encoder.encode(text));
      await setImmediate();
    },
    flush(controller) {
      controller.enqueue(encoder.encode(take.push(decoder.decode()) + take.end()));
    },
  });
}

interface Shortening {
  /** Answers what can be passed on. */
  push(text: string): string;
  end(): string;
}

function whole(): Shortening {
  const value = new JsonValue(LARGE_LENGTH);
  return {
    push(text) {
      value.push(text);
      return '';
    },
    // Nothing of a large one that is no JSON.
    end: () => value.end() ?? '',
  };
}

const DATA = 'data:';

function lines(): Shortening {
  let line = '';
  let data: JsonValue | undefined;
  const add = (text: string) => {
    line += data ? '' : text;
    if (data) data.push(text);
    else if (line.startsWith(DATA)) {
      data = new JsonValue(LARGE_LENGTH);
      data.push(line.slice(DATA.length));
    }
  };
  const ended = () => {
    const text = data ? DATA + (data.end() ?? '') : line;
    line = '';
    data = undefined;
    return text;
  };
  return {
    push(text) {
      const [first = '', ...others] = text.split('\n');
      add(first);
      let done = '';
      for (const next of others) {
        done += `${ended()}\n`;
        add(next);
      }
      return done;
    },
    end: ended,
  };
}
