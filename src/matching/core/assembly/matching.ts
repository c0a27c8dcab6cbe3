// The matching loop. It is written once and compiled twice, for buyers and for sellers: `side` is a constant wherever it is
// inlined.
import { BUY, Book, Kind, Level, Order, SELL, Stp, Tag, Why } from './layout';
import { above, below, bestPage, bestPrice, closeLevel, foundPage, levelOf, mirror } from './ladder';
import { freeOrderSlot } from './memory';
import { report } from './reports';

/** True where an order of `side` at `price` would trade. */
// @ts-ignore: decorator
@inline
export function crosses(book: u32, side: u32, price: u32): bool {
  return (price ^ mirror(side)) >= (bestPrice(book, side ^ 1) ^ mirror(side));
}

/** Trades while `price` crosses. Returns what is left to rest: 0 also when self-trade prevention ended the taker. */
// @ts-ignore: decorator
@inline
export function match(book: u32, id: u32, side: u32, price: u32, quantity: u32, tag: u32): u32 {
  if (!crosses(book, side, price)) return quantity;
  return side == BUY ? matchBuy(book, id, price, quantity, tag) : matchSell(book, id, price, quantity, tag);
}

function matchBuy(book: u32, id: u32, price: u32, quantity: u32, tag: u32): u32 {
  return sweep(book, id, BUY, price, quantity, tag);
}

function matchSell(book: u32, id: u32, price: u32, quantity: u32, tag: u32): u32 {
  return sweep(book, id, SELL, price, quantity, tag);
}

// @ts-ignore: decorator
@inline
function sweep(book: u32, id: u32, side: u32, price: u32, quantity: u32, tag: u32): u32 {
  const guarded = (tag & Tag.STP) != 0;
  const ids = load<u32>(book, Book.IDS);
  let left = quantity;
  let gone: u32 = 0;
  do {
    const best = bestPrice(book, side ^ 1);
    const page = bestPage(book, side ^ 1);
    const level = levelOf(page, best);
    let maker = load<u32>(level, Level.HEAD);
    let taken: u64 = 0;
    do {
      const open = load<u32>(maker, Order.QUANTITY);
      const makerId = load<u32>(maker, Order.ID);
      if (guarded && isOwn(maker, tag)) {
        const stp = (tag & Tag.STP) >> Tag.STP_SHIFT;
        if (stp != Stp.EXPIRE_TAKER) report(Kind.ENDED, makerId, side ^ 1, best, open, 0, 0, Why.SELF_TRADE);
        if (stp != Stp.EXPIRE_MAKER) {
          report(Kind.ENDED, id, side, price, left, 0, 0, Why.SELF_TRADE);
          left = 0;
        }
        if (stp == Stp.EXPIRE_TAKER) break;
      } else if (open > left) {
        store<u32>(maker, open - left, Order.QUANTITY);
        report(Kind.TRADE, id, side, best, left, makerId, open - left, Why.NONE);
        taken += left;
        left = 0;
        break;
      } else {
        report(Kind.TRADE, id, side, best, open, makerId, 0, Why.NONE);
        left -= open;
      }
      taken += open;
      gone += 1;
      store<u32>(ids + (makerId << 2), 0);
      const following = load<u32>(maker, Order.NEXT);
      freeOrderSlot(maker);
      maker = following;
    } while (maker != 0 && left != 0);
    if (maker == 0) {
      closeLevel(book, side ^ 1, page, best);
    } else {
      store<u32>(level, maker, Level.HEAD);
      store<u32>(maker, 0, Order.PREVIOUS);
      store<u64>(level, load<u64>(level, Level.QUANTITY) - taken, Level.QUANTITY);
    }
  } while (left != 0 && crosses(book, side, price));
  store<u32>(book, load<u32>(book, Book.SIZE) - gone, Book.SIZE);
  return left;
}

// @ts-ignore: decorator
@inline
function isOwn(maker: u32, tag: u32): bool {
  return (load<u32>(maker, Order.TAG) ^ tag) >> Tag.OWNER_SHIFT == 0;
}

/** Whether an order would be filled whole at once, with self-trade prevention taken into account. */
export function fillable(book: u32, side: u32, price: u32, quantity: u32, tag: u32): bool {
  if (!crosses(book, side, price)) return false;
  let best = bestPrice(book, side ^ 1);
  let page = bestPage(book, side ^ 1);
  let missing = <i64>quantity;
  while (page != 0 && (side == BUY ? best <= price : best >= price)) {
    const level = levelOf(page, best);
    if ((tag & Tag.STP) == 0) {
      missing -= load<i64>(level, Level.QUANTITY);
    } else {
      for (let maker = load<u32>(level, Level.HEAD); maker != 0; maker = load<u32>(maker, Order.NEXT)) {
        if (!isOwn(maker, tag)) missing -= <i64>load<u32>(maker, Order.QUANTITY);
        else if ((tag & Tag.STP) >> Tag.STP_SHIFT != Stp.EXPIRE_MAKER) return false;
        if (missing <= 0) return true;
      }
    }
    if (missing <= 0) return true;
    best = side == BUY ? above(page, best) : below(page, best);
    page = foundPage;
  }
  return false;
}
