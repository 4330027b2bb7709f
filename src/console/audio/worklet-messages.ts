/** What the page tells a worklet. */
export type ToWorklet =
  /** Of the softphone: mu-law of the agent, and what Twilio's messages of those names mean. */
  | { readonly kind: 'play'; readonly mulaw: Uint8Array }
  | { readonly kind: 'mark'; readonly name: string }
  | { readonly kind: 'clear' }
  | { readonly kind: 'mute'; readonly isMuted: boolean }
  /** Of the listener: mu-law of one side (0 caller, 1 agent) at its place in the call. */
  | { readonly kind: 'sound'; readonly side: 0 | 1; readonly atMs: number; readonly mulaw: Uint8Array }
  | { readonly kind: 'stop' };

/** Levels of the last 50 ms, as root mean square from 0 to 1, and how far what is heard is behind. */
export interface Levels {
  readonly kind: 'levels';
  /** What goes to the line, or is heard of the caller. */
  readonly caller: number;
  /** What is written to the loudspeaker of the agent. */
  readonly agent: number;
  readonly queuedMs: number;
  /** How often the agent's sound ran dry in the middle of something. */
  readonly starvedCount: number;
}

/** What a worklet tells the page. */
export type FromWorklet =
  /** 20 ms of mu-law for the line. */
  | { readonly kind: 'frame'; readonly mulaw: Uint8Array }
  | { readonly kind: 'marksReturned'; readonly names: readonly string[] }
  /** Sound of the agent was dropped, since more waits than anybody listens to. */
  | { readonly kind: 'overflowed' }
  | Levels;
