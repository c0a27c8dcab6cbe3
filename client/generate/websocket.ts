import { comment, declarationOf, type JsonSchema } from './types.ts';

export interface AsyncApi {
  operations: Record<string, { summary?: string; messages: { $ref: string }[] }>;
  components: { schemas: Record<string, JsonSchema> };
}

/** A message's type is its name in the document with this behind it, so that a fill over REST and one on the socket differ. */
const SUFFIX = 'Message';

/** The unions of all messages of an operation of the document. */
const UNIONS: Record<string, string> = {
  clientSends: 'ClientMessage',
  exchangeAnswers: 'AnswerMessage',
  marketData: 'MarketDataMessage',
  privateMessages: 'PrivateMessage',
};

/** The types of the WebSocket: every message, and unions of what clients send and get. */
export function websocketTypes({ operations, components }: AsyncApi): string {
  const messages = Object.entries(components.schemas).map(([name, schema]) => declarationOf(name + SUFFIX, schema));
  const unions = Object.entries(operations).map(([operation, { summary, messages: parts }]) => {
    const name = UNIONS[operation];
    if (name === undefined) throw new Error(`no name for the messages of ${operation}`);
    const types = parts.map(({ $ref }) => $ref.slice($ref.lastIndexOf('/') + 1) + SUFFIX);
    return `${comment(summary)}export type ${name} = ${types.join(' | ')};\n`;
  });
  return [...messages, ...unions].join('\n');
}
