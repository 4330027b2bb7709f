import type { CalleeAnswer, Phone, PlacedCall, PlaceOptions } from '../../emulator/phone/contract.js';

/** An outbound call that a fixture is about to order. */
export interface ExpectedLine {
  from: string;
  to: string;
  /** Who listens to it, and how bad it is. */
  line: Partial<PlaceOptions>;
  callee: CalleeAnswer;
}

/** The lines of outbound calls between the order at the bridge and the carrier's call, found again by the number called. */
export class OutboundLines {
  /** The account may show these numbers. */
  readonly numbers: string[] = [];
  readonly #waiting = new Map<string, ExpectedLine & { placed: (call: PlacedCall) => void }>();

  /** Resolves when the carrier places the call; the order is to follow. */
  expect(line: ExpectedLine): Promise<PlacedCall> {
    if (!this.numbers.includes(line.from)) this.numbers.push(line.from);
    return new Promise((placed) => this.#waiting.set(line.to, { ...line, placed }));
  }

  /** The telephone as the carrier has it: a call that is expected gets its line. */
  on(phone: Phone): Phone {
    return {
      ...phone,
      place: (options) => {
        const expected = this.#waiting.get(options.to);
        if (!expected) return phone.place(options);
        this.#waiting.delete(options.to);
        const { line, callee, placed } = expected;
        const call = phone.place({ ...options, ...line, callee: () => callee });
        placed(call);
        return call;
      },
    };
  }
}
