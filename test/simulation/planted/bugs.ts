import type { PlantedBug } from './bug.ts';
import { edgeBugs } from './bugs/edge.ts';
import { engineBugs } from './bugs/engine.ts';
import { logBugs } from './bugs/log.ts';
import { marketDataBugs } from './bugs/market-data.ts';
import { matchingBugs } from './bugs/matching.ts';
import { messageBugs } from './bugs/messages.ts';
import { moneyBugs } from './bugs/money.ts';
import { orderEntryBugs } from './bugs/order-entry.ts';
import { ruleBugs } from './bugs/rules.ts';

/** Every planted bug, in the order in which an order meets the rooms. */
export const bugs: readonly PlantedBug[] = [
  ...logBugs,
  ...orderEntryBugs,
  ...matchingBugs,
  ...ruleBugs,
  ...engineBugs,
  ...moneyBugs,
  ...messageBugs,
  ...marketDataBugs,
  ...edgeBugs,
];
