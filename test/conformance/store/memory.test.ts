import { MemoryStore } from '../../../src/adapters/store/memory/store.ts';
import { storeSuite } from './suite.ts';

storeSuite('memory', {
  start: async () => {},
  fresh: async () => new MemoryStore(),
  stop: async () => {},
});
