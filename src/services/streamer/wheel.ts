import type { StreamClient, Tier } from './client.ts';

/** The streamer's step. Every client has its own slot within its tier's period, so the work is spread evenly. */
export const SLOT_MS = 10;
export const PERIOD_SLOTS: Record<Tier, number> = { realtime: 5, public: 50 };

/** Which clients are served in which slot. */
export class Wheel {
  readonly #phases: Record<Tier, StreamClient[][]> = {
    realtime: Array.from({ length: PERIOD_SLOTS.realtime }, () => []),
    public: Array.from({ length: PERIOD_SLOTS.public }, () => []),
  };
  readonly #index = new Map<StreamClient, number>();

  /** Puts a client where its tier has the fewest. */
  add(client: StreamClient): void {
    const phases = this.#phases[client.tier];
    let best = 0;
    for (let i = 1; i < phases.length; i++) if (phases[i]!.length < phases[best]!.length) best = i;
    client.phase = best;
    this.#index.set(client, phases[best]!.push(client) - 1);
  }

  remove(client: StreamClient): void {
    const index = this.#index.get(client);
    if (index === undefined) return;
    this.#index.delete(client);
    const clients = this.#phases[client.tier][client.phase]!;
    const last = clients.pop()!;
    if (last === client) return;
    clients[index] = last;
    this.#index.set(last, index);
  }

  due(tier: Tier, slot: number): readonly StreamClient[] {
    return this.#phases[tier][slot % PERIOD_SLOTS[tier]]!;
  }

  /** Clients of a tier. */
  sizeOf(tier: Tier): number {
    let size = 0;
    for (const clients of this.#phases[tier]) size += clients.length;
    return size;
  }
}
