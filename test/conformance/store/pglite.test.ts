import { pgliteMaker } from './pglite-maker.ts';
import { storeSuite } from './suite.ts';

storeSuite('PGlite', pgliteMaker());
