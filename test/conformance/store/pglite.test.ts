import { pgliteMaker } from './pglite-maker.ts';
import { randomLives, seeds } from './random-life.ts';
import { storeSuite } from './suite.ts';

storeSuite('PGlite', pgliteMaker());
randomLives('PGlite', pgliteMaker(), seeds(4), 80);
