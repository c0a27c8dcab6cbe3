import { InProcessCache } from '../../../src/adapters/cache/in-process/in-process-cache.ts';
import { SimulatedClock } from '../../../src/adapters/clock/simulated.ts';
import { marketSuite } from './market-suite.ts';
import { type CacheUnderTest, cacheSuite } from './suite.ts';

async function open(): Promise<CacheUnderTest> {
  const clock = new SimulatedClock();
  const cache = new InProcessCache(clock);
  return { cache, pass: (seconds) => clock.advance(seconds * 1000), close: () => cache.close() };
}

cacheSuite('in process', open);
marketSuite('in process', open);
