import type { Locator, Page } from 'playwright-core';

/** In a window above this somebody speaks. */
const LOUD = 0.01;
/** A busy machine is slow, not wrong. */
export const PATIENT = { timeout: 30_000, interval: 200 };

/** What a page's worklet took from the microphone and wrote to the loudspeaker within 50 ms: root mean square, 0 to 1. */
interface HeardLevel {
  readonly caller: number;
  readonly agent: number;
}

/** A turn of which the bridge's event stream told, with when its words stood on the page. */
export interface ShownWords {
  readonly text: string;
  /** Of the event, wall time of the bridge in ms: the same clock on the same machine. */
  readonly toldAtMs: number;
  readonly shownAtMs: number | undefined;
}

/** What was asked of a worklet and what came of it, with how many levels had been told by then. */
interface PlayedMarks {
  readonly sent: string[];
  readonly returned: string[];
  readonly clearedAt: number[];
}

interface PageWithEars {
  heardLevels: HeardLevel[];
  playedMarks: PlayedMarks;
  askedSound: (MediaTrackConstraints | boolean | undefined)[];
  openTracks: MediaStreamTrack[];
  shownWords: { text: string; toldAtMs: number; shownAtMs: number | undefined }[];
}

/** Notes levels and devices of every page that is opened from now on. To be called before it is. */
export async function noteSound(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const noted = globalThis as unknown as PageWithEars;
    noted.heardLevels = [];
    noted.openTracks = [];
    noted.askedSound = [];
    noted.playedMarks = { sent: [], returned: [], clearedAt: [] };
    const marks = noted.playedMarks;
    const Node = AudioWorkletNode;
    globalThis.AudioWorkletNode = class extends Node {
      constructor(...args: ConstructorParameters<typeof AudioWorkletNode>) {
        super(...args);
        this.port.addEventListener('message', ({ data }) => {
          if (data.kind === 'marksReturned') marks.returned.push(...data.names);
          if (data.kind === 'levels') noted.heardLevels.push({ caller: data.caller, agent: data.agent });
        });
        const post = this.port.postMessage.bind(this.port);
        this.port.postMessage = (message: { kind: string; name: string }) => {
          if (message.kind === 'mark') marks.sent.push(message.name);
          if (message.kind === 'clear') marks.clearedAt.push(noted.heardLevels.length);
          post(message);
        };
      }
    };
    const { mediaDevices } = navigator;
    const ask = mediaDevices.getUserMedia.bind(mediaDevices);
    mediaDevices.getUserMedia = async (constraints) => {
      noted.askedSound.push(constraints?.audio);
      const stream = await ask(constraints);
      noted.openTracks.push(...stream.getTracks());
      return stream;
    };
  });
}

/** How many windows the page's worklets have told of. */
export function levelCount(page: Page): Promise<number> {
  return page.evaluate(() => (globalThis as unknown as PageWithEars).heardLevels.length);
}

/** How long somebody has spoken on a page, in ms. */
export function loudMs(page: Page, side: 'caller' | 'agent'): Promise<number> {
  return page.evaluate(
    ([each, loud]) => {
      const { heardLevels } = globalThis as unknown as PageWithEars;
      return heardLevels.filter((level) => level[each] > loud).length * 50;
    },
    [side, LOUD] as const,
  );
}

/** Marks and clears of the bridge, and the marks that have come back. */
export function playedMarks(page: Page): Promise<PlayedMarks> {
  return page.evaluate(() => (globalThis as unknown as PageWithEars).playedMarks);
}

/** For how long the agent is heard after the first clear, in ms, before it is quiet for `quietMs`. */
export function heardAfterClearMs(page: Page, quietMs: number): Promise<number> {
  return page.evaluate(
    ([loud, quiet]) => {
      const { heardLevels, playedMarks } = globalThis as unknown as PageWithEars;
      const after = heardLevels.slice(playedMarks.clearedAt[0]);
      const end = after.findIndex((_, index) => after.slice(index, index + quiet).every(({ agent }) => agent < loud));
      return end * 50;
    },
    [LOUD, quietMs / 50] as const,
  );
}

/** What the page has asked of microphones. */
export function askedSound(page: Page): Promise<(MediaTrackConstraints | boolean | undefined)[]> {
  return page.evaluate(() => (globalThis as unknown as PageWithEars).askedSound);
}

/** Whether nothing has been heard of the agent for half a second. */
export function isAgentQuiet(page: Page): Promise<boolean> {
  return page.evaluate((loud) => {
    const { heardLevels } = globalThis as unknown as PageWithEars;
    return heardLevels.slice(-10).every(({ agent }) => agent < loud);
  }, LOUD);
}

/** How many devices the page has opened, and how many of them are not released. */
export function devices(page: Page): Promise<{ opened: number; held: number }> {
  return page.evaluate(() => {
    const { openTracks } = globalThis as unknown as PageWithEars;
    return { opened: openTracks.length, held: openTracks.filter(({ readyState }) => readyState === 'live').length };
  });
}

/** From now on: when the words of each turn are told by the bridge, and when they stand in the page's transcript. */
export async function noteWords(page: Page): Promise<void> {
  await page.evaluate(() => {
    const noted = globalThis as unknown as PageWithEars;
    noted.shownWords = [];
    const look = () => {
      const turns = Array.from(document.querySelectorAll('.turn'), (turn) => turn.textContent ?? '');
      for (const words of noted.shownWords) {
        if (words.shownAtMs === undefined && turns.some((turn) => turn.includes(words.text)))
          words.shownAtMs = Date.now();
      }
    };
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true });
    new EventSource('/api/events').addEventListener('turnChanged', ({ data }) => {
      const { turn, wallTime } = JSON.parse(data);
      noted.shownWords.push({ text: turn.text, toldAtMs: Date.parse(wallTime), shownAtMs: undefined });
      look();
    });
  });
}

export function shownWords(page: Page): Promise<ShownWords[]> {
  return page.evaluate(() => (globalThis as unknown as PageWithEars).shownWords);
}

/** A turn of the transcript that has these words in it. */
export function turnOf(page: Page, role: 'caller' | 'agent', text: string): Locator {
  return page.locator(`.turn[data-role=${role}]`).filter({ hasText: text }).first();
}
