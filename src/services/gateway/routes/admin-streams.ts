import { ExchangeError } from '../../../domain/errors.ts';
import type { FastifyTypeBox } from '../app.ts';
import type { GatewayDeps } from '../deps.ts';
import { callerOf, type Guards } from '../identity.ts';
import { StreamActionAnswer, StreamActionBody, StreamsAnswer, TopicParams } from '../schemas/admin.ts';
import { CallerQuery } from '../schemas/orders.ts';
import { answers } from '../schemas/primitives.ts';

const TAGS = ['Admin'];
const USUAL_PARTITIONS = 3;
const USUAL_REPLICATION = 2;

/** Streams: how long they are, who is how far behind, and streams of one's own. */
export function adminStreamRoutes(app: FastifyTypeBox, deps: GatewayDeps, guards: Guards): void {
  const { streams } = deps.admin;
  const guarded = { preValidation: guards.admin };

  app.get(
    '/admin/streams',
    {
      ...guarded,
      schema: {
        tags: TAGS,
        summary: 'Streams and their lag',
        querystring: CallerQuery,
        response: answers(StreamsAnswer),
      },
    },
    async () => ({ streams: await streams.list() }),
  );

  app.post(
    '/admin/streams',
    {
      ...guarded,
      schema: {
        tags: TAGS,
        summary: 'Create or delete a stream',
        description: 'The number of partitions counts; the replication factor is for clusters.',
        body: StreamActionBody,
        querystring: CallerQuery,
        response: answers(StreamActionAnswer),
      },
    },
    async (request) => {
      const { action, topic, partitions = USUAL_PARTITIONS, replicationFactor = USUAL_REPLICATION } = request.body;
      if (action === 'list' || action === 'listTopics') {
        return { success: true, result: { topics: (await streams.list()).map((stream) => stream.topic) } };
      }
      if (topic === undefined) throw new ExchangeError('INVALID_REQUEST', 'topic is required.');
      const actor = callerOf(request).userId;
      return action === 'create' || action === 'createTopic'
        ? {
            success: true,
            result: { topic, created: await streams.create(actor, topic, partitions, replicationFactor) },
          }
        : { success: true, result: { topic, deleted: await streams.delete(actor, topic) } };
    },
  );

  app.delete(
    '/admin/streams/:topic',
    {
      ...guarded,
      schema: {
        tags: TAGS,
        summary: 'Delete a stream',
        params: TopicParams,
        querystring: CallerQuery,
        response: answers(StreamActionAnswer),
      },
    },
    async (request) => {
      const { topic } = request.params;
      return { success: true, result: { topic, deleted: await streams.delete(callerOf(request).userId, topic) } };
    },
  );
}
