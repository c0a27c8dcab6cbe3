import type { Side } from '../domain/order.ts';

/** What a comparison looks at: who traded with whom, at which price, how much. Ids are those of the recording. */
export interface ComparedFill {
  idx: number;
  aggressor_id: string;
  resting_id: string;
  aggressor_side: Side;
  price: number;
  quantity: number;
}

export interface FillComparison {
  /** Inbound orders that trade in the expected fills. */
  orders_with_fills: number;
  fills_expected: number;
  /** Expected fills that happened, exactly. */
  fills_equal: number;
  /** Fills that happened and were not expected. */
  fills_different: number;
  /** Expected fills that did not happen. */
  fills_missing: number;
  /** The first differences, one readable line each. */
  differences: string[];
}

const MAX_DIFFERENCES = 10;

/**
 * Compares fills per inbound order (`idx`) as multisets: the order in which one taker's fills are listed says nothing
 * (icebergs), who traded, at which price and how much says everything.
 */
export function compareFills(expected: Iterable<ComparedFill>, actual: Iterable<ComparedFill>): FillComparison {
  const wanted = new Map<string, number>();
  const takers = new Set<number>();
  let fillsExpected = 0;
  for (const fill of expected) {
    takers.add(fill.idx);
    fillsExpected += 1;
    const key = keyOf(fill);
    wanted.set(key, (wanted.get(key) ?? 0) + 1);
  }
  const differences: string[] = [];
  const note = (line: string) => {
    if (differences.length < MAX_DIFFERENCES) differences.push(line);
  };
  let equal = 0;
  let different = 0;
  for (const fill of actual) {
    const key = keyOf(fill);
    const count = wanted.get(key) ?? 0;
    if (count > 0) {
      equal += 1;
      wanted.set(key, count - 1);
    } else {
      different += 1;
      note(`not expected: ${key}`);
    }
  }
  for (const [key, count] of wanted) if (count > 0) note(`missing${count > 1 ? ` ${count} times` : ''}: ${key}`);
  return {
    orders_with_fills: takers.size,
    fills_expected: fillsExpected,
    fills_equal: equal,
    fills_different: different,
    fills_missing: fillsExpected - equal,
    differences,
  };
}

function keyOf(fill: ComparedFill): string {
  const verb = fill.aggressor_side === 'BUY' ? 'buys' : 'sells';
  return `idx ${fill.idx}: ${fill.aggressor_id} ${verb} ${fill.quantity} at ${fill.price} with ${fill.resting_id}`;
}
