import { Component, type ReactNode } from 'react';

/** Shows what a stage has made as it is where it is not of the form that this page knows, as of another version. */
export class Guarded extends Component<{ value: unknown; children: ReactNode }, { hasFailed: boolean }> {
  override state = { hasFailed: false };

  static getDerivedStateFromError() {
    return { hasFailed: true };
  }

  override render() {
    if (!this.state.hasFailed) return this.props.children;
    return <pre className="mono creator-tool">{JSON.stringify(this.props.value, null, 2)}</pre>;
  }
}
