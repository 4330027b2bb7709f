import { type TokenOptions, tokenSource } from '../../src/agents/tokens.js';
import { FakeClock } from '../../src/clock.js';
import {
  type Answer,
  closedAfterTests,
  listeningLog,
  OAUTH,
  type PlainServer,
  placeOf,
  sendJson,
  startPlainServer,
} from './rig.js';

export const tokenAnswer: Answer = (_request, response, count) =>
  sendJson(response, 200, { access_token: `token-${count}`, token_type: 'Bearer', expires_in: 1000 });
/** Tokens from a plain server that is token end point, Secrets Manager and Identity in one. */
export function tokensForTests() {
  const open = closedAfterTests();
  return async function rig(answer: Answer, options: Partial<TokenOptions> = {}) {
    const server: PlainServer = await startPlainServer(answer);
    const clock = new FakeClock();
    const { lines, log } = listeningLog();
    const place = placeOf(server.url);
    const tokens = tokenSource({
      identity: { ...place, workloadName: 'bridge' },
      secrets: place,
      clock,
      log,
      ...options,
    });
    open.push(server, tokens);
    const auth = { ...OAUTH, tokenUrl: `${server.url}/oauth2/token` };
    const hangUp = new AbortController();
    const ask = (by: Parameters<typeof tokens.authorization>[0] = auth) => tokens.authorization(by, hangUp.signal);
    return { server, clock, lines, tokens, auth, ask, hangUp };
  };
}
