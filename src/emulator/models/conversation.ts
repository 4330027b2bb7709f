import { isObject } from '../aws/json.js';
import { invalid } from '../aws/problem.js';

export interface Message {
  readonly role: 'user' | 'assistant';
  readonly content: readonly Readonly<Record<string, unknown>>[];
}

/** What a message may contain. */
const BLOCKS = [
  'text',
  'image',
  'document',
  'video',
  'audio',
  'toolUse',
  'toolResult',
  'guardContent',
  'cachePoint',
  'reasoningContent',
  'citationsContent',
  'searchResult',
];

/** Checks the order and the content of messages. Throws ValidationException with the index of the first bad one. */
export function checkConversation(messages: unknown, hasTools: boolean): Message[] {
  if (!Array.isArray(messages) || messages.length === 0) {
    throw invalid('The messages field is empty. Add messages and try again.');
  }
  const checked = messages.map(checkMessage);
  if (checked[0]?.role !== 'user') {
    throw invalid(
      'A conversation must start with a user message. Try again with a conversation that starts with a user message.',
    );
  }
  if (checked.at(-1)?.role !== 'user') {
    throw invalid(
      'The conversation must end with a user message. Try again with a conversation that ends with a user message.',
    );
  }
  for (const [index, message] of checked.entries()) {
    const previous = checked[index - 1];
    if (previous?.role === message.role) {
      throw invalid(
        'A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again.',
      );
    }
    checkTools(message, previous, index);
  }
  const usesTools = checked.some(({ content }) => content.some((block) => block.toolUse ?? block.toolResult));
  if (usesTools && !hasTools) {
    throw invalid('The toolConfig field must be defined when using toolUse and toolResult content blocks.');
  }
  return checked;
}

function checkMessage(message: unknown, index: number): Message {
  const { role, content } = isObject(message) ? message : {};
  if (role !== 'user' && role !== 'assistant') {
    throw invalid(
      `1 validation error detected: Value '${String(role)}' at 'messages.${index + 1}.member.role' failed to satisfy constraint: Member must satisfy enum value set: [user, assistant]`,
    );
  }
  if (!Array.isArray(content) || content.length === 0) {
    throw invalid(
      `The content field in the Message object at messages.${index} is empty. Add a ContentBlock object to the content field and try again.`,
    );
  }
  for (const [position, block] of content.entries()) {
    const at = `messages.${index}.content.${position}`;
    if (!isObject(block) || !Object.keys(block).some((kind) => BLOCKS.includes(kind))) {
      throw invalid(`The ContentBlock object at ${at} must set one of the following keys: ${BLOCKS.join(', ')}.`);
    }
    if (typeof block.text === 'string' && block.text.trim() === '') {
      throw invalid(
        `The text field in the ContentBlock object at ${at} is blank. Add text to the text field, and try again.`,
      );
    }
  }
  return { role, content: content as Message['content'] };
}

/** Results answer the calls of the turn before, each and only those. */
function checkTools(message: Message, previous: Message | undefined, index: number): void {
  const results = idsIn(message, 'toolResult');
  const calls = previous?.role === 'assistant' ? idsIn(previous, 'toolUse') : [];
  if (results.length > calls.length) {
    throw invalid(
      `The number of toolResult blocks at messages.${index}.content exceeds the number of toolUse blocks of previous turn.`,
    );
  }
  const missing = calls.filter((id) => !results.includes(id));
  if (missing.length > 0) {
    throw invalid(
      `Expected toolResult blocks at messages.${index}.content for the following Ids: ${missing.join(',')}`,
    );
  }
}

function idsIn({ content }: Message, kind: 'toolUse' | 'toolResult'): string[] {
  return content.flatMap((block) => {
    const tool = block[kind];
    return isObject(tool) ? [String(tool.toolUseId)] : [];
  });
}
