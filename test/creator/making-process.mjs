// What src/creator-process.ts is to the bridge, for tests: what becomes of a job depends on its name.
const waiting = new Set();
process.once('disconnect', () => process.exit());
process.on('message', ({ kind, number, work }) => {
  const jobId = work?.jobId;
  if (kind === 'abort') {
    if (waiting.delete(number))
      process.send({ number, failure: { code: 'INTERNAL', message: 'aborted', details: {} } });
  } else if (jobId === 'good') process.send({ number, failure: null, result: work.kind });
  else if (jobId === 'bad') {
    process.send({ number, failure: { code: 'TOOL_FAILED', message: 'busy', details: { retryable: true } } });
  } else if (jobId === 'dies') process.exit(1);
  else if (jobId === 'waits') waiting.add(number);
});
