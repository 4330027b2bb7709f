import type { Mutation } from './mutations.js';

/** Faults in what the bridge does around the conversation: rules of the call, people, keys, tools, streams. */
export const SERVICE_MUTATIONS: readonly Mutation[] = [
  {
    what: 'the agent is not told to greet',
    name: 'no-greeting',
    file: 'src/call/step.ts',
    find: 'if (rules.greeting === undefined || !rules.takesText) return',
    replace: 'if (rules.maxCallMs > 0) return',
    foundBy: {
      'agent-speaks-first': 'turns[0].heardText',
      'answering-machine-is-hung-up-on-and-left-no-words': 'heard.atLeast',
    },
  },
  {
    what: 'words count as heard as soon as they were sent',
    name: 'heard-as-sent',
    file: 'src/media/ledger.ts',
    find: `    const heardMs = this.heardMs(nowMs);
`,
    replace: `    const heardMs = this.#sentMs;
    void nowMs;
`,
    foundBy: { 'reply-that-was-sent-whole-can-still-be-interrupted': 'turns[1].heardText' },
  },
  {
    what: 'what is known of a caller is not told',
    name: 'facts-forgotten',
    file: 'src/call/reception.ts',
    find: 'const facts = this.#options.registry.factsOf(call.callSid);',
    replace: 'const facts: readonly string[] = [];',
    foundBy: { 'caller-is-known-from-an-earlier-call': 'known[0]' },
  },
  {
    what: 'the variables of an outbound call are not given to the agent',
    name: 'variables-forgotten',
    file: 'src/call/reception.ts',
    find: `    const { variables } = order;
`,
    replace: `    const variables = {};
`,
    foundBy: { 'called-person-says-hello-first-and-hears-why': 'known[0]' },
  },
  {
    what: 'nobody looks at the hours',
    name: 'always-open',
    file: 'src/directory/hours.ts',
    find: 'return isToday || isFromYesterday;',
    replace: 'return isToday || isFromYesterday || days.length > 0;',
    foundBy: { 'closed-office-says-when-it-is-open-and-hangs-up': 'spoken[0]' },
  },
  {
    what: 'the notice is not spoken',
    name: 'no-notice',
    file: 'src/twilio/twiml.ts',
    find: `  for (const text of target.sayFirst) response.say(speakable(text));
`,
    replace: '',
    foundBy: { 'notice-comes-before-the-greeting-and-a-hang-up-into-it-leaves-nothing-open': 'spoken[0]' },
  },
  {
    what: 'every sound of the caller stops the agent',
    name: 'any-sound-cuts',
    file: 'src/call/session.ts',
    find: 'this.#streams.look(this.#line.floor.isOverAgent);',
    replace: `if (this.#line.floor.isSpeaking && this.#state.phase.at === 'speaking') {
        this.#apply({ kind: 'interrupted', byCaller: true });
      }`,
    foundBy: {
      'short-sound-over-the-agent-does-not-stop-it': 'turns[1].interrupted',
      'short-word-over-the-agent-does-not-cut-its-reply': 'turns[1].interrupted',
      'own-voice-on-the-line-does-not-interrupt-the-agent': 'turns[1].interrupted',
    },
  },
  {
    what: 'whatever the caller says while the agent speaks stops it',
    name: 'cut-by-answer',
    file: 'src/call/step.ts',
    find: "const cuts = signal.kind !== 'callerSpoke' || signal.overAgent;",
    replace: 'const cuts = true;',
    foundBy: { 'short-word-over-the-agent-does-not-cut-its-reply': 'turns[1].interrupted' },
  },
  {
    what: 'a click in the noise of the line counts as speech',
    name: 'noise-is-speech',
    file: 'src/audio/speech-detector.ts',
    find: 'const ONSET_BLOCKS = 4;',
    replace: 'const ONSET_BLOCKS = 1;',
    foundBy: { 'caller-in-a-loud-room-is-asked-and-answered-when-they-speak': 'turns[2].heardText' },
  },
  {
    what: 'gaps in the audio of the caller are not filled',
    name: 'gaps-unfilled',
    file: 'src/media/uplink.ts',
    find: `      if (missingMs > GAP_TOLERANCE_MS) this.fill(Math.min(missingMs, LONGEST_FILL_MS, this.#roomMs));
`,
    replace: `      void missingMs;
`,
    foundBy: { 'jittery-line-with-a-gap-still-gets-an-answer': 'audio.filledAtLeast' },
  },
  {
    what: 'audio of the caller reaches the model 700 ms late',
    name: 'late-caller',
    file: 'src/call/session.ts',
    find: 'hear: (s16le, durationMs) => this.#voice.hear(s16le, durationMs),',
    replace:
      'hear: (s16le, durationMs) => { const copy = s16le.slice(); options.clock.after(700, () => this.#voice.hear(copy, durationMs)); },',
    foundBy: { 'long-monologue-is-one-turn-and-is-answered': 'limits.responseGap' },
  },
  {
    what: 'what the caller said is on record twice',
    name: 'twice-told',
    file: 'src/call/transcript.ts',
    find: `    this.#turns.push(turn);
    this.#report(this.#turns.length - 1, turn);
`,
    replace: `    this.#turns.push(turn, turn);
    this.#report(this.#turns.length - 2, turn);
    this.#report(this.#turns.length - 1, turn);
`,
    foundBy: { 'short-turns-in-quick-succession-are-all-answered': 'turnCount' },
  },
  {
    what: 'a silent caller is not asked',
    name: 'silence-unnoticed',
    file: 'src/call/step.ts',
    find: "return phase.at === 'listening' || phase.at === 'thinking' ? silent(rules, state) : stay(state);",
    replace: 'return stay(state);',
    foundBy: {
      'silent-caller-is-asked-and-bid-goodbye': 'turnCount',
      'caller-in-a-loud-room-is-asked-and-answered-when-they-speak': 'turnCount',
    },
  },
  {
    what: 'who is silent, or out of time, is hung up on without a goodbye',
    name: 'goodbye-unsaid',
    file: 'src/call/step.ts',
    find: `  if (!rules.takesText) return end(state, reason, { kind: 'say-and-hang-up', text: GOODBYE_WORDS });
`,
    replace: `  if (rules.maxCallMs > 0) return end(state, reason, { kind: 'hang-up' });
  void instruction;
`,
    foundBy: {
      'silent-caller-is-asked-and-bid-goodbye': 'turns[1]',
      'call-that-lasts-too-long-is-warned-and-bid-goodbye': 'turns[3]',
    },
  },
  {
    what: 'nobody is warned that the time of the call runs out',
    name: 'no-warning',
    file: 'src/call/step.ts',
    find: '...(warningMs > 0 ? [',
    replace: '...(warningMs > 1e9 ? [',
    foundBy: { 'call-that-lasts-too-long-is-warned-and-bid-goodbye': 'turns[2].heardText' },
  },
  {
    what: 'the time of a call begins anew when its line comes back',
    name: 'time-anew',
    file: 'src/call/step.ts',
    find: 'ms: Math.max(0, maxCallMs - elapsedMs) }',
    replace: 'ms: maxCallMs }',
    foundBy: { 'time-of-a-call-counts-on-when-its-line-breaks': 'endReason' },
  },
  {
    what: 'keys are told one by one',
    name: 'keys-one-by-one',
    file: 'src/call/keys.ts',
    find: `    this.#cancelPause = this.#clock.after(this.#pauseMs, () => this.#finish());
`,
    replace: `    this.#finish();
`,
    foundBy: {
      'keys-reach-the-agent-as-one-text': 'turnCount',
      'keys-without-a-hash-stop-the-agent-and-arrive-as-pressed': 'turnCount',
    },
  },
  {
    what: 'keys are written to the log',
    name: 'keys-logged',
    file: 'src/call/session.ts',
    find: `          this.#voice.tell(effect.text);
`,
    replace: `          this.#voice.tell(effect.text);
          this.#options.log.info({ text: effect.text }, 'told');
`,
    foundBy: { 'keys-reach-the-agent-as-one-text': 'keysNotInLog' },
  },
  {
    what: 'the key for a person is a key as any other',
    name: 'key-for-a-person-ignored',
    file: 'src/call/caller-keys.ts',
    find: 'digit === agent.dtmf.handoffKey ?',
    replace: "digit === 'x' ?",
    foundBy: { 'key-for-a-person-puts-the-caller-through-at-once': 'dialled[0]' },
  },
  {
    what: 'the person hears nothing of the caller',
    name: 'no-whisper',
    file: 'src/twilio/routes.ts',
    find: 'whisperUrl: next.warm ?',
    replace: "whisperUrl: next.warm && next.to === '' ?",
    foundBy: {
      'caller-is-put-through-to-a-person-who-knows-why': 'dialled[0].whisper',
      'key-for-a-person-puts-the-caller-through-at-once': 'dialled[0].whisper',
    },
  },
  {
    what: 'a caller whom no person answers is not given back to the agent',
    name: 'not-back-to-the-agent',
    file: 'src/call/registry.ts',
    find: "if (entry.returned === 'nobody-answered') return { kind: 'fallback' };",
    replace: "if (entry.returned !== 'handed-over') return { kind: 'fallback' };",
    foundBy: { 'person-who-does-not-answer-gives-the-caller-back-to-the-agent': 'streams[1]' },
  },
  {
    what: 'that a machine has answered is not acted on',
    name: 'machine-unnoticed',
    file: 'src/twilio/routes.ts',
    find: 'if (/^(machine|fax)/.test(AnsweredBy)) await machineAnswered(callSid, order);',
    replace: 'void machineAnswered;',
    foundBy: {
      'answering-machine-gets-the-message-and-no-conversation': 'spoken[0]',
      'answering-machine-is-hung-up-on-and-left-no-words': 'endReason',
    },
  },
  {
    what: "the carrier's last word on a call is not taken",
    name: 'end-unnoticed',
    file: 'src/call/registry.ts',
    find: '    if (isFinal) this.finished(',
    replace: "    if (isFinal && callSid === '') this.finished(",
    foundBy: { 'busy-line-that-the-bridge-calls-gets-no-agent': 'endReason' },
  },
  {
    what: 'a tool goes on when the call is over',
    name: 'tools-go-on',
    file: 'src/call/session.ts',
    find: `    this.#tools.close();
`,
    replace: '',
    foundBy: { 'hang-up-during-a-tool-leaves-nothing-behind': 'toolCalls[0].outcome' },
  },
  {
    what: 'a tool is waited for without end',
    name: 'tools-without-end',
    file: 'src/tools/budget.ts',
    find: 'clock.after(timeoutMs, ()',
    replace: 'clock.after(timeoutMs * 100, ()',
    foundBy: { 'tool-that-takes-too-long-is-given-up-and-the-caller-told': 'toolCalls[0].outcome' },
  },
  {
    what: 'an order that was replaced still answers',
    name: 'not-superseded',
    file: 'src/call/tool-desk.ts',
    find: 'if (running.isReadOnly) {\n        running.abort.abort();',
    replace: 'if (running.isReadOnly) {',
    foundBy: { 'caller-interrupts-the-wait-for-a-tool': 'toolCalls[0].outcome' },
  },
  {
    what: 'nothing is heard while a tool works',
    name: 'silent-wait',
    file: 'src/call/session.ts',
    find: `          this.#waitSound.start(this.#options.waitSound(effect.clip));
`,
    replace: '',
    foundBy: {
      'tool-result-is-told-without-another-word-of-the-caller': 'heard.waiting.after',
      'tool-that-takes-too-long-is-given-up-and-the-caller-told': 'heard.waiting.after',
    },
  },
  {
    what: "an agent's machine is started when it is asked first",
    name: 'cold-start',
    file: 'src/tools/prewarm.ts',
    find: `    for (const target of ofRuntimes) void runtimes.warm(target, sessionIdOf(callSid));
`,
    replace: '',
    foundBy: { 'order-status-comes-from-an-agentcore-agent': 'limits.responseGap' },
  },
  {
    what: 'the worst passage comes first',
    name: 'worst-passage-first',
    file: 'src/tools/passages.ts',
    find: 'passages.toSorted((a, b) => b.score - a.score)',
    replace: 'passages.toSorted((a, b) => a.score - b.score).slice(0, 1)',
    foundBy: {
      'question-is-answered-from-a-knowledge-base': 'toolCalls[0].output',
      'question-is-answered-from-documents': 'toolCalls[0].output',
    },
  },
  {
    what: 'streams to the model are not renewed before their time is up',
    name: 'never-renewed',
    file: 'src/call/stream-age.ts',
    find: `        reached(urgency),
`,
    replace: `        void reached,
`,
    foundBy: { 'renewed-stream-in-a-call-nobody-notices': 'renewals' },
  },
  {
    what: 'a stream to the model that was lost is not replaced',
    name: 'lost-for-good',
    file: 'src/call/renewal.ts',
    find: 'export const MAX_FAILURES = 8;',
    replace: 'export const MAX_FAILURES = 0;',
    foundBy: { 'stream-lost-in-a-word-is-replaced-and-the-agent-goes-on': 'endReason' },
  },
  {
    what: 'who is lost is hung up on without a word',
    name: 'no-apology',
    file: 'src/twilio/routes.ts',
    find: '        return fallbackTwiml(question, await reception.fallBack(call), LOST);',
    replace: `        await reception.fallBack(call);
        return twiml.hangUp();`,
    foundBy: {
      'lost-model-ends-with-an-apology': 'spoken[0]',
      'instability-of-the-model-brings-a-person-and-no-noise': 'dialled[0]',
    },
  },
  {
    what: 'the stream to the model is left open at the end of the call',
    name: 'stays-open',
    file: 'src/call/session.ts',
    find: `    this.#voice.close();
`,
    replace: '',
    foundBy: {
      'caller-hangs-up-in-the-middle-of-a-word': 'model',
      'notice-comes-before-the-greeting-and-a-hang-up-into-it-leaves-nothing-open': 'model',
    },
  },
];
