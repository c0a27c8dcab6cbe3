import type { Topics } from '../../domain/topics.ts';
import type { Stream } from '../../ports/stream.ts';
import { ConfigError } from './settings.ts';

/**
 * A folder keeps the names that its streams were begun with. Under another name orders would go on in an empty stream, behind
 * the back of the store and of the engine's snapshots, and never be matched.
 * @throws ConfigError
 */
export async function refuseOtherNames(stream: Pick<Stream, 'topics'>, topics: Topics): Promise<void> {
  const there = new Set((await stream.topics()).map(({ topic }) => topic));
  // Made after the two that are asked about: without it this is a first start, or the rest of one.
  if (!there.has(topics.ledger)) return;
  for (const [env, topic] of [
    ['ORDERS_TOPIC', topics.orders],
    ['FILLS_TOPIC', topics.fills],
  ]) {
    if (topic === undefined || there.has(topic)) continue;
    throw new ConfigError(
      `${env}: this data folder has no stream "${topic}"; it keeps the names that it was begun with`,
    );
  }
}
