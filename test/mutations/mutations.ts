import { SERVICE_MUTATIONS } from './service-mutations.js';

/** A fault that is put into the product, and the recorded calls that must find it. */
export interface Mutation {
  /** What is wrong then. */
  what: string;
  name: string;
  file: string;
  /** In the file exactly once; in its place comes `replace`. */
  find: string;
  replace: string;
  /** By the name of the call: the field of the expectation that fails because of this fault. */
  foundBy: Readonly<Record<string, string>>;
}

/** Faults in what is heard on either side. */
const SOUND_MUTATIONS: readonly Mutation[] = [
  {
    what: 'the buffer of the carrier is emptied 300 ms late',
    name: 'late-clear',
    file: 'src/call/session.ts',
    find: 'this.#phone = tapedPhone(options.phone, tape);',
    replace: `const taped = tapedPhone(options.phone, tape);
    this.#phone = {
      play: (mulaw) => taped.play(mulaw),
      mark: (name) => taped.mark(name),
      clear: () => void options.clock.after(300, () => taped.clear()),
      close: () => taped.close(),
    };`,
    foundBy: {
      'late-marks-credit-no-word-that-was-not-heard': 'heard.notAfterInterruption',
      'caller-speaks-during-the-greeting-and-is-still-answered': 'heard.notAfterInterruption',
      'reply-that-was-sent-whole-can-still-be-interrupted': 'heard.notAfterInterruption',
    },
  },
  {
    what: 'the result of a tool never reaches the model',
    name: 'swallowed-result',
    file: 'src/call/session.ts',
    find: '    this.#voice.answerTool(callId, outcome.output);\n',
    replace: '',
    foundBy: {
      'two-tools-are-asked-at-once': 'turns[1]',
      'failing-tool-is-admitted-to-the-caller': 'turns[1]',
      'tool-result-that-comes-while-the-caller-speaks-is-not-lost': 'turns[2].heardText',
      'caller-speaks-while-a-tool-runs': 'turns[3].heardText',
      'order-status-comes-from-a-tool-of-an-mcp-server': 'turns[1]',
    },
  },
  {
    what: 'the end of each reply is not sent',
    name: 'dropped-tail',
    file: 'src/call/agent-speech.ts',
    find: '    this.#downlink.push(s16le);\n',
    replace: `    const held = ((this as any)[blockId] ??= []);
    held.push(s16le.slice());
    if (held.length > 4) this.#downlink.push(held.shift());
`,
    foundBy: {
      'goodbye-said-before-the-end-is-heard-to-its-last-word': 'heard.atLeast',
      'short-turns-in-quick-succession-are-all-answered': 'heard.atLeast',
      'long-reply-in-a-burst-arrives-whole': 'heard.atLeast',
      'drifting-line-at-telephone-rate-loses-no-word': 'heard.atLeast',
    },
  },
  {
    what: 'audio of the caller goes to the model before its block is open',
    name: 'audio-before-its-block',
    file: 'src/sonic/leg.ts',
    find: "    if (!this.#admits({ kind: 'openAudio' })) return;\n",
    replace:
      "    if (!this.#admits({ kind: 'openAudio' })) return;\n    this.#stream.sendAudio(new Uint8Array(640), 20);\n",
    foundBy: { 'question-gets-an-answer': 'model', 'agent-speaks-first': 'model' },
  },
  {
    what: 'a mark is sent before the audio that it stands for',
    name: 'mark-before-media',
    file: 'src/media/downlink.ts',
    find: `      this.#options.play(this.#gathered.subarray(offset, offset + byteLength));
      const durationMs = byteLength / MULAW_BYTES_PER_MS;
      this.#options.ledger.sent(durationMs, this.#options.now());
      this.#unmarkedMs += durationMs;
      if (this.#unmarkedMs >= MARK_INTERVAL_MS) this.#mark();
`,
    replace: `      const durationMs = byteLength / MULAW_BYTES_PER_MS;
      this.#options.ledger.sent(durationMs, this.#options.now());
      this.#unmarkedMs += durationMs;
      if (this.#unmarkedMs >= MARK_INTERVAL_MS) this.#mark();
      this.#options.play(this.#gathered.subarray(offset, offset + byteLength));
`,
    // One mark early credits one word more at most: only a call that breaks off between the two can tell.
    foundBy: { 'reply-that-was-sent-whole-can-still-be-interrupted': 'turns[1].heardText' },
  },
  {
    what: 'no marks are sent',
    name: 'no-marks',
    file: 'src/twilio/leg.ts',
    find: '    this.#send(markMessage(this.#streamSid, name));\n',
    replace: '    void name;\n',
    foundBy: { 'question-gets-an-answer': 'turns[1].heardText', 'agent-speaks-first': 'turns[0].heardText' },
  },
  {
    what: 'that the caller interrupts is not noticed',
    name: 'interruption-ignored',
    file: 'src/sonic/leg.ts',
    find: "    this.#emit({ kind: 'interrupted' });\n",
    replace: '',
    foundBy: {
      'caller-interrupts-and-the-agent-stops': 'heard.notAfterInterruption',
      'caller-who-interrupts-twice-hears-only-the-last-answer': 'heard.notAfterInterruption',
      'tool-whose-announcement-is-interrupted-still-answers': 'heard.notAfterInterruption',
      'caller-speaks-during-the-greeting-and-is-still-answered': 'heard.notAfterInterruption',
      'reply-that-was-sent-whole-can-still-be-interrupted': 'heard.notAfterInterruption',
    },
  },
  {
    what: 'a model that takes over is not told what was said before',
    name: 'lost-history',
    file: 'src/call/reception.ts',
    find: 'const history = heardTurns(turns);',
    replace: 'const history = heardTurns(turns.slice(0, 0));',
    foundBy: {
      'broken-line-comes-back-and-the-caller-is-heard-again': 'streams[1].history[0]',
      'person-who-does-not-answer-gives-the-caller-back-to-the-agent': 'streams[1].history[0]',
    },
  },
  {
    what: 'the sound of waiting goes on when the tool has answered',
    name: 'wait-goes-on',
    file: 'src/call/session.ts',
    find: "case 'stopWaitSound':\n          this.#waitSound.stop();\n",
    replace: "case 'stopWaitSound':\n",
    foundBy: {
      'tool-result-is-told-without-another-word-of-the-caller': 'heard.waiting.atMost',
      'caller-interrupts-the-wait-for-a-tool': 'heard.waiting.atMost',
    },
  },
  {
    what: 'keys are not taken',
    name: 'lost-keys',
    file: 'src/call/session.ts',
    find: '        this.#keys.press(event.digit);\n',
    replace: '        void event.digit;\n',
    foundBy: {
      'keys-reach-the-agent-as-one-text': 'turns[1].heardText',
      'keys-without-a-hash-stop-the-agent-and-arrive-as-pressed': 'turns[1].heardText',
    },
  },
  {
    what: 'the call is hung up before the goodbye was heard',
    name: 'early-hang-up',
    file: 'src/call/session.ts',
    find: "    this.#apply({ kind: 'toolAnswered', ...endAskedBy(outcome), unheardMs: this.#speech.unheardMs });\n",
    replace: `    this.#apply({ kind: 'toolAnswered', ...endAskedBy(outcome), unheardMs: this.#speech.unheardMs });
    if (this.#state.phase.at === 'closing') this.#apply({ kind: 'timeUp', timer: 'closing' });
`,
    foundBy: {
      'agent-hangs-up-after-its-goodbye-was-heard': 'heard.text',
      'goodbye-said-before-the-end-is-heard-to-its-last-word': 'heard.atLeast',
    },
  },
  {
    what: 'after a line that broke the caller is not heard',
    name: 'deaf-after-a-break',
    file: 'src/call/session.ts',
    find: 'hear: (s16le, durationMs) => this.#voice.hear(s16le, durationMs),',
    replace:
      'hear: (s16le, durationMs) => this.#voice.hear(options.earlier ? new Uint8Array(s16le.length) : s16le, durationMs),',
    foundBy: { 'broken-line-comes-back-and-the-caller-is-heard-again': 'turns[3].role' },
  },
  {
    what: 'a stream that takes over does not know what was said',
    name: 'renewed-without-history',
    file: 'src/call/voice-line.ts',
    find: '    leg.begin(history);\n',
    replace: '    leg.begin(history.slice(history.length));\n',
    foundBy: { 'renewed-stream-in-a-call-nobody-notices': 'turns[2].text' },
  },
  {
    what: 'a stream that takes over is not told what is owed',
    name: 'owed-words-forgotten',
    file: 'src/call/voice-line.ts',
    find: '    if (tell !== undefined) leg.tell(tell);\n',
    replace: '',
    foundBy: { 'stream-lost-in-a-word-is-replaced-and-the-agent-goes-on': 'turns[1].heardText' },
  },
];

export const MUTATIONS: readonly Mutation[] = [...SOUND_MUTATIONS, ...SERVICE_MUTATIONS];
