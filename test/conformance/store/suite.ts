import { after, before, beforeEach, describe } from 'node:test';
import { MemoryStore } from '../../../src/adapters/store/memory/store.ts';
import type { Store } from '../../../src/ports/store.ts';
import { Sequencer, settleAll } from './make.ts';
import { COIN, FREE, type Subject, TEST } from './subject.ts';
import { accounts } from './suite-accounts.ts';
import { orderEntry } from './suite-entry.ts';
import { questions } from './suite-questions.ts';
import { replaces } from './suite-replace.ts';
import { settlement } from './suite-settlement.ts';

/** Makes empty stores, all closed when the suite ends. */
export interface StoreMaker<S extends Store = Store> {
  start(): Promise<void>;
  fresh(): Promise<S>;
  stop(): Promise<void>;
}

/** The promises of src/ports/store.ts, one by one. Every adapter runs them. */
export function storeSuite(name: string, maker: StoreMaker): void {
  describe(`store: ${name}`, () => {
    const subject: Subject = { store: new MemoryStore(), say: new Sequencer() };
    before(() => maker.start());
    after(() => maker.stop());
    beforeEach(async () => {
      const [store, say] = [await maker.fresh(), new Sequencer()];
      Object.assign(subject, { store, say });
      await store.migrate();
      await settleAll(store, say.set(TEST), say.set(FREE), say.set(COIN));
    });
    orderEntry(subject);
    replaces(subject);
    settlement(subject);
    accounts(subject);
    questions(subject);
  });
}
