import type { PhoneEvent } from './contract.js';

type Kind = PhoneEvent['kind'];
type Waiter = { kind: Kind; resolve: (event: PhoneEvent) => void; reject: (error: Error) => void };

/** Tells a call's events to listeners, and to those who wait for the next one of a kind. */
export class Announcer {
  readonly #listeners = new Set<(event: PhoneEvent) => void>();
  #waiters: Waiter[] = [];
  #hasEnded = false;

  emit(event: PhoneEvent): void {
    if (this.#hasEnded) return;
    for (const listener of this.#listeners) listener(event);
    if (this.#waiters.length > 0) this.#wake(event);
    if (event.kind === 'ended') this.#close();
  }

  listen(listener: (event: PhoneEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Rejects when the call ends first. The rejection may be left unhandled. */
  next<K extends Kind>(kind: K): Promise<Extract<PhoneEvent, { kind: K }>> {
    const found = new Promise<PhoneEvent>((resolve, reject) => {
      if (this.#hasEnded) reject(new Error(`the call had ended before the next ${kind}`));
      else this.#waiters.push({ kind, resolve, reject });
    });
    found.catch(ignoreUnwatched);
    return found as Promise<Extract<PhoneEvent, { kind: K }>>;
  }

  #wake(event: PhoneEvent): void {
    const woken = this.#waiters.filter(({ kind }) => kind === event.kind);
    if (woken.length === 0) return;
    this.#waiters = this.#waiters.filter(({ kind }) => kind !== event.kind);
    for (const { resolve } of woken) resolve(event);
  }

  #close(): void {
    this.#hasEnded = true;
    this.#listeners.clear();
    for (const { kind, reject } of this.#waiters) reject(new Error(`the call ended before the next ${kind}`));
    this.#waiters = [];
  }
}

/** A test that stopped waiting must not fail on the rejection that nobody hears any more. */
export function ignoreUnwatched(): void {}
