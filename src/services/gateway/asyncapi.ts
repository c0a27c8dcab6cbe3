import { MESSAGE_GROUPS } from './websocket/messages.ts';

const ref = (to: string) => ({ $ref: `#/${to}` });

/** The AsyncAPI document of `/ws`, made from the schemas of its messages. Served at /asyncapi.json, rendered into docs/. */
export function asyncApiDocument(): object {
  const all = MESSAGE_GROUPS.flatMap(({ messages }) => Object.entries(messages));
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Supernoba WebSocket',
      version: '1.0.0',
      description:
        'Market data and private messages of the exchange. Prose, limits and guarantees are in docs/WEBSOCKET.md.',
    },
    servers: { local: { host: 'localhost:8080', protocol: 'ws', pathname: '/ws' } },
    defaultContentType: 'application/json',
    channels: {
      socket: {
        address: '/ws',
        description: 'One connection; anonymous, or with a login by token or test mode.',
        bindings: {
          ws: {
            query: {
              type: 'object',
              properties: {
                token: { type: 'string', description: 'A JWT; its sub is the user.' },
                testMode: { type: 'string', enum: ['true'] },
                userId: { type: 'string', description: 'The user in test mode.' },
              },
            },
          },
        },
        messages: Object.fromEntries(all.map(([name]) => [name, ref(`components/messages/${name}`)])),
      },
    },
    operations: Object.fromEntries(
      MESSAGE_GROUPS.map(({ operation, action, summary, messages }) => [
        operation,
        {
          action,
          summary,
          channel: ref('channels/socket'),
          messages: Object.keys(messages).map((name) => ref(`channels/socket/messages/${name}`)),
        },
      ]),
    ),
    components: {
      messages: Object.fromEntries(all.map(([name]) => [name, { payload: ref(`components/schemas/${name}`) }])),
      schemas: Object.fromEntries(all),
    },
  };
}
