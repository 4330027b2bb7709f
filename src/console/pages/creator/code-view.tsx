import { python } from '@codemirror/lang-python';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { type Diagnostic, lintGutter, nextDiagnostic, previousDiagnostic, setDiagnostics } from '@codemirror/lint';
import { EditorState, StateEffect, StateField } from '@codemirror/state';
import { Decoration, type DecorationSet, EditorView, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { type RefObject, useEffect, useRef } from 'react';
import { nonce } from '../../frame/nonce.ts';
import type { Remark } from './remarks.ts';

export interface CodeViewProps {
  readonly text: string;
  readonly label: string;
  readonly isPython?: boolean;
  readonly remarks: readonly Remark[];
  /** Is brought into view, from 1. */
  readonly line: number | undefined;
  /** Counts how often somebody asked for a line: then it is focused as well. */
  readonly jumps: number;
  /** The last one that was followed, wherever that was. */
  readonly focusedJump: RefObject<number>;
}

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.controlKeyword, tags.moduleKeyword], color: 'var(--tool)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--agent)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--caller)' },
  { tag: [tags.comment, tags.docString], color: 'var(--dim)', fontStyle: 'italic' },
  { tag: [tags.function(tags.definition(tags.variableName)), tags.className], fontWeight: '600' },
]);

const looks = EditorView.theme({
  '&': { fontSize: '13px', color: 'var(--text)', backgroundColor: 'var(--page)', maxHeight: '62vh' },
  '&.cm-focused': { outline: '2px solid var(--caller)', outlineOffset: '-2px' },
  '.cm-scroller': { fontFamily: 'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace', lineHeight: '20px' },
  '.cm-content:focus-visible': { outline: 'none' },
  '.cm-gutters': { backgroundColor: 'var(--raised)', color: 'var(--dim)', borderRight: '1px solid var(--line)' },
  '.cm-chosen-line': { backgroundColor: 'var(--warning-soft)' },
  '.cm-lintRange-error': { backgroundImage: 'none', textDecoration: 'underline wavy var(--danger)' },
  '.cm-lintRange-warning': { backgroundImage: 'none', textDecoration: 'underline wavy var(--warning)' },
  '.cm-lintRange-active': { backgroundColor: 'transparent' },
  '.cm-tooltip': { backgroundColor: 'var(--raised)', color: 'var(--text)', border: '1px solid var(--control)' },
  '.cm-diagnostic-error': { borderLeft: '4px solid var(--danger)' },
  '.cm-diagnostic-warning': { borderLeft: '4px solid var(--warning)' },
});

const choose = StateEffect.define<number | undefined>();
const chosenLine = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, { effects, state }) {
    for (const effect of effects) {
      if (!effect.is(choose)) continue;
      const line = effect.value;
      if (line === undefined || line > state.doc.lines) return Decoration.none;
      return Decoration.set([Decoration.line({ class: 'cm-chosen-line' }).range(state.doc.line(line).from)]);
    }
    return marks;
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** A text that is read, with its lines numbered, and what is held against them at the lines. F8 goes to the next one. */
export default function CodeView(props: CodeViewProps) {
  const { text, label, isPython = false, remarks, line, jumps, focusedJump } = props;
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);

  useEffect(() => {
    const made = new EditorView({
      parent: place.current!,
      state: EditorState.create({
        doc: text,
        extensions: [
          EditorView.cspNonce.of(nonce),
          EditorState.readOnly.of(true),
          EditorView.editable.of(false),
          EditorView.contentAttributes.of({ tabindex: '0', 'aria-label': label, 'aria-readonly': 'true' }),
          lineNumbers(),
          lintGutter(),
          keymap.of([
            { key: 'F8', run: nextDiagnostic },
            { key: 'Shift-F8', run: previousDiagnostic },
          ]),
          chosenLine,
          isPython ? [python(), syntaxHighlighting(colours)] : EditorView.lineWrapping,
          looks,
        ],
      }),
    });
    view.current = made;
    return () => made.destroy();
  }, [text, label, isPython]);

  useEffect(() => {
    const { state } = view.current!;
    view.current!.dispatch(
      setDiagnostics(
        state,
        remarks.flatMap((remark) => diagnosticOf(state, remark)),
      ),
    );
  }, [text, label, isPython, remarks]);

  useEffect(() => {
    const { doc } = view.current!.state;
    const isThere = line !== undefined && line <= doc.lines;
    const from = isThere ? doc.line(line).from : undefined;
    view.current!.dispatch({
      effects: [choose.of(line), ...(from === undefined ? [] : [EditorView.scrollIntoView(from, { y: 'center' })])],
      ...(from !== undefined && { selection: { anchor: from } }),
    });
    if (jumps === focusedJump.current) return;
    focusedJump.current = jumps;
    view.current!.focus();
  }, [text, label, isPython, line, jumps, focusedJump]);

  return <div ref={place} className="creator-code" />;
}

function diagnosticOf({ doc }: EditorState, { line, from, rule, message, suggestion }: Remark): Diagnostic[] {
  if (line === undefined || line > doc.lines) return [];
  const { from: start, to, text } = doc.line(line);
  return [
    {
      from: start + (text.length - text.trimStart().length),
      to,
      severity: from === 'gate' ? 'error' : 'warning',
      source: from === 'gate' ? rule : 'reviewer',
      message: suggestion === undefined ? message : `${message} (${suggestion})`,
    } as Diagnostic,
  ];
}
