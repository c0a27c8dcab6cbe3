import { MemoryStore } from '../../../src/adapters/store/memory/store.ts';
import { randomLives, seeds } from './random-life.ts';
import { storeSuite } from './suite.ts';

storeSuite('memory', {
  start: async () => {},
  fresh: async () => new MemoryStore(),
  stop: async () => {},
});

randomLives('memory', undefined, seeds(20), 120);
