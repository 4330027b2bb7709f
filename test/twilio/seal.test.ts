import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type CallNote, openedNote, sealedNote } from '../../src/twilio/call-note.js';
import { createSeal } from '../../src/twilio/seal.js';

const seal = createSeal('secret');
const NOTE: CallNote = {
  ...{ callSid: 'CA1', instance: 'http://10.0.0.1:3000', agentId: 'agent_1', agentVersion: 3 },
  ...{ startedAtMs: 1000, brokeAtMs: [2000, 3000] },
};

it('what was sealed opens as it was, and fits into the query of an address', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (contents) => {
      const sealed = seal.seal('call-note', contents);
      expect(encodeURIComponent(sealed)).toBe(sealed);
      expect(JSON.stringify(seal.open('call-note', sealed))).toBe(JSON.stringify(contents));
    }),
  );
});

it('opens nothing that was changed, cut, made with another secret or for something else', () => {
  const sealed = seal.seal('call-note', ['CA1']);
  const [body, signature] = sealed.split('.');
  const others = [
    ...['', '.', body!, `${body}.`, `${sealed}.`, `${Buffer.from('["CA2"]').toString('base64url')}.${signature}`],
    createSeal('other').seal('call-note', ['CA1']),
    seal.seal('taken-call', ['CA1']),
  ];

  for (const other of others) expect(seal.open('call-note', other)).toBeUndefined();
});

it('a note says of its own call what was written, and nothing of another', () => {
  expect(openedNote(seal, sealedNote(seal, NOTE), 'CA1')).toEqual(NOTE);
  expect(openedNote(seal, sealedNote(seal, NOTE), 'CA2')).toBeUndefined();
  expect(openedNote(seal, undefined, 'CA1')).toBeUndefined();
});
