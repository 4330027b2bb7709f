import { useEffect, useRef } from 'react';
import { areSingleKeysOff, isTyping } from '../../frame/keys.tsx';

const STEP_MS = 5000;

export interface CallKeys {
  toggle(): void;
  move(byMs: number): void;
  previousTurn(): void;
  nextTurn(): void;
  nextNotable(): void;
}

/** What each key does, for people. */
export const KEY_WORDS: readonly (readonly [key: string, what: string])[] = [
  ['Space', 'plays and pauses'],
  ['← →', 'five seconds back and on'],
  ['[ ]', 'the turn before, the next turn'],
  ['.', 'the next interruption or slow turn'],
];

/** Plays and moves by single keys, unless something is typed, a dialog is open, or the key belongs to what has the focus. */
export function useCallKeys(keys: CallKeys): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const { target, key } = event;
      if (event.ctrlKey || event.metaKey || event.altKey || areSingleKeysOff() || isTyping(target)) return;
      if (!(target instanceof HTMLElement) || target.closest('[role=dialog],[role=menu]')) return;
      const { current } = latest;
      const isOnTabs = target.closest('[role=tab]') !== null;
      if (key === ' ' && !target.closest('a,button,summary,[role=tab]')) current.toggle();
      else if (key === 'ArrowLeft' && !isOnTabs) current.move(-STEP_MS);
      else if (key === 'ArrowRight' && !isOnTabs) current.move(STEP_MS);
      else if (key === '[') current.previousTurn();
      else if (key === ']') current.nextTurn();
      else if (key === '.') current.nextNotable();
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, []);
}
