import './code-block.css';

/** Text as it stands, lines that are too long for the page broken. */
export function CodeBlock({ text }: { text: string }) {
  return <pre className="mono code-block">{text}</pre>;
}
