import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { TwilioFault } from './fault.js';
import type { DialTarget, StreamNoun, TwimlDocument, Verb } from './verbs.js';
import type { WebhookAnswer } from './webhook.js';

type Attributes = Verb['attributes'];
type Method = 'GET' | 'POST';

interface Element {
  name: string;
  attributes: Attributes;
  children: readonly Element[];
  text: string;
}

const DOCUMENT_LIMIT_BYTES = 64 * 1024;
const SAY_LIMIT_CHARACTERS = 4096;
const DIAL_NOUNS = ['Number', 'Conference', 'Sip', 'Client', 'Queue'];

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  htmlEntities: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
});

/**
 * Reads a TwiML document. Throws `TwilioFault` 12100 for what is not XML or over 64 KB, 12200 for a verb, noun or number that
 * TwiML does not know (Twilio only warns there; a stand-in had better say it).
 */
export function parseTwiml(xml: string, url: string): TwimlDocument {
  if (Buffer.byteLength(xml) > DOCUMENT_LIMIT_BYTES) throw new TwilioFault(12100, 'TwiML document over 64 KB');
  const validity = XMLValidator.validate(xml);
  if (validity !== true)
    throw new TwilioFault(12100, `TwiML is not XML: ${validity.err.msg} in line ${validity.err.line}`);
  const roots = elementsOf(parser.parse(xml));
  const root = roots[0];
  if (roots.length !== 1 || root?.name !== 'Response') throw new TwilioFault(12100, 'TwiML is not one <Response>');
  return { xml, url, verbs: root.children.map(readVerb) };
}

/** The TwiML of a webhook's answer. Throws `TwilioFault` 11200 for a status other than 2xx, 12300 for another content type than XML. */
export function readAnswer(answer: WebhookAnswer): TwimlDocument {
  if (answer.status < 200 || answer.status > 299)
    throw new TwilioFault(11200, `${answer.url} answered ${answer.status}`);
  if (!/^(text|application)\/xml\b/i.test(answer.contentType)) {
    throw new TwilioFault(12300, `${answer.url} answered with content type "${answer.contentType}"`);
  }
  return parseTwiml(answer.body, answer.url);
}

/**
 * Why Twilio would not open this stream, or undefined: 31922 not wss, 31923 malformed, 31941 a track other than inbound,
 * 12200 for a parameter over 500 characters. Source: Twilio, TwiML `<Stream>`.
 */
export function checkStream(stream: StreamNoun, allowInsecure = false): TwilioFault | undefined {
  if (!URL.canParse(stream.url)) return new TwilioFault(31923, `malformed stream URL ${stream.url}`);
  const { protocol } = new URL(stream.url);
  if (protocol !== 'wss:' && !(allowInsecure && protocol === 'ws:')) {
    return new TwilioFault(31922, `stream URL ${stream.url} is not wss`);
  }
  const track = stream.attributes.track ?? 'inbound_track';
  if (track !== 'inbound_track') return new TwilioFault(31941, `track ${track} is illegal under <Connect>`);
  const unknown = Object.keys(stream.attributes).find((name) => !STREAM_ATTRIBUTES.includes(name));
  if (unknown) return new TwilioFault(12200, `<Stream> has no attribute ${unknown}`);
  const long = stream.parameters.find(({ name, value }) => name.length + value.length > 500);
  return long && new TwilioFault(12200, `stream parameter ${long.name} is over 500 characters with its name`);
}

const STREAM_ATTRIBUTES = ['url', 'name', 'track', 'statusCallback', 'statusCallbackMethod', 'connectorName'];

/** The stream's URL as Twilio dials and signs it: the query string is dropped. Source: Twilio, TwiML `<Stream>`. */
export function dialledUrl(streamUrl: string): string {
  return streamUrl.replace(/[?#].*$/s, '');
}

function readVerb(element: Element): Verb {
  const { attributes, name, text } = element;
  const action = attributes.action === undefined ? {} : { action: attributes.action };
  switch (name) {
    case 'Say': {
      if (text.length > SAY_LIMIT_CHARACTERS) throw new TwilioFault(12200, '<Say> over 4096 characters');
      return { verb: name, text: text.replaceAll(/\s+/g, ' ').trim(), times: numberIn(element, 'loop', 1), attributes };
    }
    case 'Play':
      return { verb: name, url: text.trim(), times: numberIn(element, 'loop', 1), attributes };
    case 'Pause':
      return { verb: name, forMs: numberIn(element, 'length', 1) * 1000, attributes };
    case 'Gather': {
      const prompts = element.children.map(readVerb);
      if (!prompts.every(({ verb }) => verb === 'Say' || verb === 'Play' || verb === 'Pause')) {
        throw new TwilioFault(12200, '<Gather> takes only Say, Play and Pause');
      }
      const timeoutMs = numberIn(element, 'timeout', 5) * 1000;
      const keyCount = numberIn(element, 'numDigits', Number.POSITIVE_INFINITY);
      const finishOnKey = attributes.finishOnKey ?? '#';
      return {
        verb: name,
        prompts,
        ...action,
        method: methodOf(element),
        timeoutMs,
        finishOnKey,
        keyCount,
        attributes,
      };
    }
    case 'Dial':
      return { verb: name, targets: readTargets(element), ...action, method: methodOf(element), attributes };
    case 'Connect':
      return { verb: name, stream: readStream(element), ...action, method: methodOf(element), attributes };
    case 'Start':
      return {
        verb: name,
        nouns: element.children.map((noun) => ({ name: noun.name, attributes: noun.attributes })),
        attributes,
      };
    case 'Record': {
      return {
        verb: name,
        ...action,
        method: methodOf(element),
        maxMs: numberIn(element, 'maxLength', 3600) * 1000,
        attributes,
      };
    }
    case 'Redirect':
      return { verb: name, url: text.trim(), method: methodOf(element), attributes };
    case 'Refer': {
      const sip = element.children.find((child) => child.name === 'Sip');
      if (!sip) throw new TwilioFault(12200, '<Refer> without <Sip>');
      return { verb: name, to: sip.text.trim(), ...action, method: methodOf(element), attributes };
    }
    case 'Reject':
    case 'Hangup':
      return { verb: name, attributes };
    default:
      throw new TwilioFault(12200, `unknown TwiML verb <${name}>`);
  }
}

function readStream(connect: Element): StreamNoun {
  const stream = connect.children[0];
  if (connect.children.length !== 1 || stream?.name !== 'Stream') {
    throw new TwilioFault(12200, '<Connect> takes exactly one <Stream> here');
  }
  const parameters = stream.children.map(({ name, attributes }) => {
    if (name !== 'Parameter') throw new TwilioFault(12200, `<Stream> does not take <${name}>`);
    return { name: attributes.name ?? '', value: attributes.value ?? '' };
  });
  return { url: stream.attributes.url ?? '', parameters, attributes: stream.attributes };
}

function readTargets(dial: Element): DialTarget[] {
  const plain = dial.text.trim();
  const targets = dial.children.map(({ name, attributes, text }) => {
    if (!DIAL_NOUNS.includes(name)) throw new TwilioFault(12200, `<Dial> does not take <${name}>`);
    return { kind: name, to: text.trim(), attributes };
  });
  return plain === '' ? targets : [{ kind: 'Number', to: plain, attributes: {} }, ...targets];
}

function methodOf({ name, attributes }: Element): Method {
  const method = (attributes.method ?? 'POST').toUpperCase();
  if (method !== 'GET' && method !== 'POST')
    throw new TwilioFault(12200, `<${name}> method ${method} is neither GET nor POST`);
  return method;
}

/** A whole number in an attribute. Throws `TwilioFault` 12200 for anything else. */
export function numberIn(
  { name, attributes }: Pick<Element, 'name' | 'attributes'>,
  attribute: string,
  usual: number,
): number {
  const text = attributes[attribute];
  if (text === undefined) return usual;
  if (!/^\d+$/.test(text)) throw new TwilioFault(12200, `<${name}> ${attribute} "${text}" is not a whole number`);
  return Number(text);
}

/** fast-xml-parser's ordered nodes: `{ Name: children, ':@': attributes }` or `{ '#text': text }`. */
function elementsOf(nodes: unknown): Element[] {
  if (!Array.isArray(nodes)) return [];
  return nodes.flatMap((node: Record<string, unknown>) => {
    const name = Object.keys(node).find((key) => key !== ':@' && key !== '#text');
    if (name === undefined) return [];
    const attributes = Object.fromEntries(Object.entries(node[':@'] ?? {}).map(([key, value]) => [key, String(value)]));
    return [{ name, attributes, children: elementsOf(node[name]), text: textOf(node[name]) }];
  });
}

/** All text below a node: SSML inside `<Say>` counts by its words. */
function textOf(nodes: unknown): string {
  if (!Array.isArray(nodes)) return '';
  return nodes
    .map((node: Record<string, unknown>) => {
      if ('#text' in node) return String(node['#text']);
      const name = Object.keys(node).find((key) => key !== ':@');
      return name !== undefined && /^[a-z]/.test(name) ? textOf(node[name]) : '';
    })
    .join('');
}
