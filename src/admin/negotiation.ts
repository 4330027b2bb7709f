import type { FastifyInstance } from 'fastify';
import { BridgeError } from '../errors.js';
import { findUnstorable } from '../storable.js';

/** A request that accepts no media type the route has is told so before anything is done (406). */
export function acceptedTypes(server: FastifyInstance): void {
  server.addHook('onRequest', async (request) => {
    const { accept } = request.headers;
    if (accept === undefined || accept.trim() === '' || request.is404) return;
    const offered = request.routeOptions.config.produces ?? 'application/json';
    const ranges = accept.split(',').map((range) => range.split(';'));
    const isAccepted = ranges.some(([type = '', ...parameters]) => {
      const isRefused = parameters.some((parameter) => /^\s*q\s*=\s*0(\.0*)?\s*$/i.test(parameter));
      return !isRefused && covers(type.trim().toLowerCase(), offered);
    });
    if (isAccepted) return;
    throw new BridgeError('REQUEST_INVALID', `This route answers with ${offered}.`, { httpStatus: 406 });
  });
}

function covers(range: string, type: string): boolean {
  return range === '*/*' || range === type || range === `${type.split('/')[0]}/*`;
}

/** What no database can keep (NUL characters, halves of surrogate pairs, endless nesting) is refused, with every such field. */
export function keepableOnly(server: FastifyInstance): void {
  server.addHook('preValidation', async (request) => {
    const errors = [request.params, request.query, request.body].flatMap((part) => findUnstorable(part));
    if (errors.length > 0) {
      const shown = errors.map(({ field, message }) => ({ field: shownField(field), message }));
      throw new BridgeError('REQUEST_INVALID', 'Some fields cannot be kept.', { errors: shown });
    }
  });
}

/** A field may be bad by its own name. */
function shownField(field: string): string {
  return JSON.stringify(field).slice(1, -1);
}
