import type { Clock } from '../clock.js';
import type { AgentVersion } from '../directory/agent.js';
import { KeyCollector } from './keys.js';
import type { Signal } from './state.js';

export interface CallerKeysOptions {
  clock: Clock;
  agent: AgentVersion;
  /** Whether the caller may be put through there. */
  mayDial: (to: string) => boolean;
  /** So many keys were entered. */
  entered: (count: number) => void;
  /** Keys that the agent holds to be secret are being pressed, or no longer. */
  secret: (isEntering: boolean) => void;
  apply: (signal: Signal) => void;
}

/** What the keys of the caller's telephone mean to the call: one asks for a person, the others are for the model. */
export class CallerKeys {
  readonly #options: CallerKeysOptions;
  readonly #collector: KeyCollector;

  constructor(options: CallerKeysOptions) {
    this.#options = options;
    const { clock, agent, entered, secret, apply } = options;
    this.#collector = new KeyCollector(
      clock,
      agent.dtmf,
      (digits) => {
        entered(digits.length);
        apply({ kind: 'keysEntered', digits });
      },
      (isEntering) => {
        if (agent.dtmf.sensitive) secret(isEntering);
      },
    );
  }

  get isEntering(): boolean {
    return this.#collector.isEntering;
  }

  press(digit: string): void {
    const { agent, mayDial, apply } = this.#options;
    const person = digit === agent.dtmf.handoffKey ? agent.tools.find((tool) => tool.kind === 'handoff') : undefined;
    if (person && mayDial(person.to)) apply({ kind: 'personWanted', to: person.to, warm: person.warm });
    else this.#collector.press(digit);
  }

  close(): void {
    this.#collector.close();
  }
}
