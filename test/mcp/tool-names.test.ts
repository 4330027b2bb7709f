import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spokenNames } from '../../src/mcp/tool-names.js';

const nameOf = (remoteName: string, ...others: string[]) => spokenNames([remoteName, ...others]).get(remoteName);

describe('names for the voice model', () => {
  it.each(['get_weather', 'orders-gateway___look_up', 'x_amz_bedrock_agentcore_search', 'a'.repeat(64)])(
    'leave %s as it is',
    (name) => {
      expect(nameOf(name)).toBe(name);
    },
  );

  it.each([
    ['search.docs', /^search_docs_[0-9a-f]{6}$/],
    ['Büro öffnen', /^B_ro__ffnen_[0-9a-f]{6}$/],
    ['検索', /^___[0-9a-f]{6}$/],
    ['b'.repeat(65), /^b{57}_[0-9a-f]{6}$/],
  ])('spell %s with what is allowed, and mark it', (name, pattern) => {
    expect(nameOf(name)).toMatch(pattern);
  });

  it('keep apart what would be spelled alike', () => {
    const names = spokenNames(['a.b', 'a b', 'a_b', 'a/b']);

    expect(new Set(names.values()).size).toBe(4);
    expect(names.get('a_b')).toBe('a_b');
  });

  it('give way to a tool that really has the name', () => {
    const marked = nameOf('a.b')!;

    const names = spokenNames(['a.b', marked]);

    expect(names.get(marked)).toBe(marked);
    expect(names.get('a.b')).not.toBe(marked);
  });

  const remoteNames = fc.uniqueArray(
    fc.oneof(
      fc.string({ minLength: 1, maxLength: 130, unit: 'grapheme' }),
      fc.stringMatching(/^[a-c._ -]{1,4}$/),
      fc.stringMatching(/^x{60,70}[.y]$/),
    ),
    { maxLength: 40 },
  );

  it('are accepted and unique, whatever the server calls its tools', () => {
    fc.assert(
      fc.property(remoteNames, (remote) => {
        const names = spokenNames(remote);

        expect([...names.keys()].sort()).toEqual([...remote].sort());
        expect(new Set(names.values()).size).toBe(remote.length);
        for (const name of names.values()) expect(name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
      }),
    );
  });

  it('are the same in whatever order and company the tools are listed', () => {
    fc.assert(
      fc.property(remoteNames, fc.infiniteStream(fc.nat()), (remote, random) => {
        const shuffled = remote
          .map((name) => ({ name, at: random.next().value as number }))
          .sort((a, b) => a.at - b.at)
          .map(({ name }) => name);
        const all = spokenNames(remote);

        expect(new Map([...spokenNames(shuffled)].sort())).toEqual(new Map([...all].sort()));
        for (const name of remote) expect(all.get(name)).toBe(nameOf(name));
      }),
    );
  });
});
