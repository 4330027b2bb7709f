import { author } from '../emulator/models/author/author.js';
import { startModels } from '../emulator/models/server.js';
import { startS3 } from '../emulator/s3/server.js';
import { workLast } from '../priority.js';
import { measureGates } from './gate-times.js';
import { serveParent } from './ipc.js';

/** The bucket that the agents of the bench are written to. */
const BUCKET = 'bench-agents';

// On AWS both are on other machines: here they take what the calls leave.
workLast();

/** What AgentCreator asks of AWS, in a process of its own: the model that writes agents, and their bucket. */
serveParent({
  async listen() {
    const [models, s3] = await Promise.all([startModels({ converse: author() }), startS3({ buckets: [BUCKET] })]);
    const place = ({ url: endpoint, region, credentials }: typeof models | typeof s3) => ({
      endpoint,
      region,
      credentials,
    });
    return { bucket: BUCKET, models: place(models), s3: place(s3) };
  },
  gates: measureGates,
});
