import { Alert, Button, Text, Title } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { Component, type ReactNode } from 'react';

interface Props {
  /** Where the reader is: what failed there says nothing about another place. */
  readonly at: string;
  readonly children: ReactNode;
}

/** Says what happened in the place of a page that could not be shown. What is around the page goes on. */
export class PageBoundary extends Component<Props, { failure: { error: unknown } | undefined }> {
  override state: { failure: { error: unknown } | undefined } = { failure: undefined };

  static getDerivedStateFromError(error: unknown) {
    return { failure: { error } };
  }

  override componentDidUpdate(before: Props) {
    if (before.at !== this.props.at && this.state.failure) this.setState({ failure: undefined });
  }

  override render() {
    const { failure } = this.state;
    if (!failure) return this.props.children;
    return (
      <>
        <Title order={1} mb="sm">
          This page cannot be shown
        </Title>
        <Alert color="red" variant="light" role="alert" icon={<IconAlertTriangle size={18} />}>
          <Text size="sm">
            Something went wrong in the page, or the bridge was upgraded and no longer has this page as it was. Loaded
            again, the console is the one that the bridge has now.
          </Text>
          <Text size="sm" className="mono" mt="xs" style={{ overflowWrap: 'anywhere' }}>
            {failure.error instanceof Error ? failure.error.message : String(failure.error)}
          </Text>
          <Button size="xs" variant="default" mt="sm" onClick={() => location.reload()}>
            Load again
          </Button>
        </Alert>
      </>
    );
  }
}
