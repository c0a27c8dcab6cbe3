import { BUY, Flag, Kind, type OrderBook, REPORT_WORDS, Report, SELL, SnapshotError, Stp, Why } from './order-book.ts';
import {
  SNAPSHOT_HASH_WORDS,
  SNAPSHOT_HEADER_WORDS,
  SNAPSHOT_MAGIC,
  SNAPSHOT_ORDER_WORDS,
  SNAPSHOT_VERSION,
  TAG_OWNER_SHIFT,
  TAG_POST_ONLY_SHIFT,
  TAG_STP_SHIFT,
} from './snapshot-format.ts';
import { hashText, hashWords } from './state-hash.ts';

interface Order {
  id: number;
  side: 0 | 1;
  price: number;
  quantity: number;
  owner: number;
  stp: number;
  postOnly: boolean;
  /** Grows with every order that joins the back of a queue: the smaller goes first. */
  arrival: number;
}

/**
 * The rules of the book in arrays and sorting: slow, obvious, and the specification that the fast book is held to.
 */
export class NaiveBook implements OrderBook {
  reports = new Int32Array(64 * REPORT_WORDS);
  #reported = 0;
  #arrivals = 0;
  /** Every resting order, in the order in which they will trade: bids best first, asks best first. */
  #sides: [bids: Order[], asks: Order[]] = [[], []];

  submit(id: number, side: 0 | 1, price: number, quantity: number, flags: number, owner: number, stp: number): number {
    this.#reported = 0;
    const postOnly = (flags & Flag.POST_ONLY) !== 0;
    const order: Order = { id, side, price, quantity, owner, stp, postOnly, arrival: 0 };
    if (this.#find(id) !== undefined) return this.#refuse(id, Why.UNKNOWN_ID);
    if (postOnly && this.#wouldTake(order)) return this.#refuse(id, Why.WOULD_TAKE);
    if ((flags & Flag.FOK) !== 0 && !this.#fillable(order)) return this.#refuse(id, Why.NOT_FILLABLE);
    this.#report(Kind.ADDED, order, quantity);
    const alive = this.#match(order);
    if (!alive) return this.#reported;
    if ((flags & Flag.IOC) !== 0) this.#report(Kind.ENDED, order, order.quantity, Why.IOC_REMAINDER);
    else this.#rest(order);
    return this.#reported;
  }

  cancel(id: number): number {
    this.#reported = 0;
    const order = this.#find(id);
    if (order === undefined) return this.#refuse(id, Why.UNKNOWN_ID);
    this.#remove(order);
    this.#report(Kind.ENDED, order, order.quantity, Why.BY_REQUEST);
    return this.#reported;
  }

  replace(id: number, price: number, quantity: number): number {
    const order = this.#find(id);
    if (order === undefined || order.price !== price || quantity > order.quantity) {
      return this.requeue(id, price, quantity);
    }
    this.#reported = 0;
    order.quantity = quantity;
    this.#report(Kind.REPLACED, order, quantity);
    return this.#reported;
  }

  requeue(id: number, price: number, quantity: number): number {
    this.#reported = 0;
    const old = this.#find(id);
    if (old === undefined) return this.#refuse(id, Why.UNKNOWN_ID);
    const order: Order = { ...old, price, quantity };
    if (order.postOnly && this.#wouldTake(order)) return this.#refuse(id, Why.WOULD_TAKE);
    this.#remove(old);
    this.#report(Kind.REPLACED, order, quantity);
    if (this.#match(order)) this.#rest(order);
    return this.#reported;
  }

  bestBid(): number {
    return this.#sides[BUY][0]?.price ?? 0;
  }

  bestAsk(): number {
    return this.#sides[SELL][0]?.price ?? 0;
  }

  quantityAt(side: 0 | 1, price: number): number {
    return this.#sides[side].filter((order) => order.price === price).reduce((sum, order) => sum + order.quantity, 0);
  }

  depth(side: 0 | 1, levels: number): [price: number, quantity: number][] {
    const prices = [...new Set(this.#sides[side].map((order) => order.price))].slice(0, levels);
    return prices.map((price) => [price, this.quantityAt(side, price)]);
  }

  openQuantity(id: number): number {
    return this.#find(id)?.quantity ?? 0;
  }

  get size(): number {
    return this.#sides[BUY].length + this.#sides[SELL].length;
  }

  snapshot(): Uint8Array {
    const words = this.#words();
    words.push(...hashWords(words));
    const bytes = new Uint8Array(words.length * 4);
    const view = new DataView(bytes.buffer);
    words.forEach((word, i) => {
      view.setUint32(i * 4, word, true);
    });
    return bytes;
  }

  restore(snapshot: Uint8Array): void {
    const sides: [Order[], Order[]] = [[], []];
    for (const order of readSnapshot(snapshot)) sides[order.side].push(order);
    this.#sides = sides;
    this.#arrivals = sides[BUY].length + sides[SELL].length;
  }

  stateHash(): string {
    return hashText(hashWords(this.#words()));
  }

  /** The words of the snapshot before its hash. */
  #words(): number[] {
    const orders = this.#sides.flat().map((o) => [o.id, o.price, o.quantity, tagOf(o)]);
    return [SNAPSHOT_MAGIC, SNAPSHOT_VERSION, orders.length, 0, ...orders.flat()];
  }

  /** Trades `taker` while it crosses. False when nothing of it is left to rest. */
  #match(taker: Order): boolean {
    while (taker.quantity > 0) {
      const maker = this.#makers(taker)[0];
      if (maker === undefined) return true;
      if (taker.stp !== Stp.NONE && taker.owner === maker.owner) {
        if (taker.stp !== Stp.EXPIRE_TAKER) this.#expire(maker);
        if (taker.stp === Stp.EXPIRE_MAKER) continue;
        this.#report(Kind.ENDED, taker, taker.quantity, Why.SELF_TRADE);
        return false;
      }
      const traded = Math.min(taker.quantity, maker.quantity);
      taker.quantity -= traded;
      maker.quantity -= traded;
      if (maker.quantity === 0) this.#remove(maker);
      this.#append([Kind.TRADE, taker.id, taker.side, maker.price, traded, maker.id, maker.quantity, Why.NONE]);
    }
    return false;
  }

  #expire(maker: Order): void {
    this.#remove(maker);
    this.#report(Kind.ENDED, maker, maker.quantity, Why.SELF_TRADE);
  }

  /** The resting orders that `taker` crosses, in the order in which they would trade. */
  #makers(taker: Order): Order[] {
    const crosses = (maker: Order) => (taker.side === BUY ? maker.price <= taker.price : maker.price >= taker.price);
    return this.#sides[taker.side === BUY ? SELL : BUY].filter(crosses);
  }

  #wouldTake(order: Order): boolean {
    return this.#makers(order).length > 0;
  }

  /** Whether `taker` would be filled whole, with self-trade prevention taken into account. */
  #fillable(taker: Order): boolean {
    let open = taker.quantity;
    for (const maker of this.#makers(taker)) {
      const own = taker.stp !== Stp.NONE && taker.owner === maker.owner;
      if (own && taker.stp !== Stp.EXPIRE_MAKER) return false;
      if (!own) open -= maker.quantity;
      if (open <= 0) return true;
    }
    return false;
  }

  #rest(order: Order): void {
    order.arrival = this.#arrivals++;
    const worse = order.side === BUY ? -1 : 1;
    const orders = this.#sides[order.side];
    orders.push(order);
    orders.sort((a, b) => (a.price === b.price ? a.arrival - b.arrival : (a.price - b.price) * worse));
  }

  #find(id: number): Order | undefined {
    return this.#sides.flat().find((order) => order.id === id);
  }

  #remove(order: Order): void {
    const orders = this.#sides[order.side];
    orders.splice(orders.indexOf(order), 1);
  }

  #refuse(id: number, why: number): number {
    return this.#append([Kind.REFUSED, id, 0, 0, 0, 0, 0, why]);
  }

  #report(kind: number, order: Order, quantity: number, why: number = Why.NONE): void {
    this.#append([kind, order.id, order.side, order.price, quantity, 0, 0, why]);
  }

  #append(report: number[]): number {
    const at = this.#reported * REPORT_WORDS;
    if (at === this.reports.length) {
      const larger = new Int32Array(this.reports.length * 2);
      larger.set(this.reports);
      this.reports = larger;
    }
    this.reports.set(report, at + Report.KIND);
    this.#reported += 1;
    return this.#reported;
  }
}

function tagOf(order: Order): number {
  const postOnly = order.postOnly ? 1 : 0;
  return (
    ((order.owner << TAG_OWNER_SHIFT) |
      (postOnly << TAG_POST_ONLY_SHIFT) |
      (order.stp << TAG_STP_SHIFT) |
      order.side) >>>
    0
  );
}

/** The orders of a snapshot, checked whole; `arrival` is their place in it. */
function readSnapshot(snapshot: Uint8Array): Order[] {
  if (snapshot.length % 4 !== 0) throw new SnapshotError('The snapshot is not made of whole words.');
  const view = new DataView(snapshot.buffer, snapshot.byteOffset, snapshot.length);
  const words = Array.from({ length: snapshot.length / 4 }, (_, i) => view.getUint32(i * 4, true));
  const [magic, version, count, zero] = words;
  if (magic !== SNAPSHOT_MAGIC || zero !== 0) throw new SnapshotError('This is no snapshot of a book.');
  if (version !== SNAPSHOT_VERSION) throw new SnapshotError(`Snapshot version ${version} is not known.`);
  const end = SNAPSHOT_HEADER_WORDS + (count ?? 0) * SNAPSHOT_ORDER_WORDS;
  if (words.length !== end + SNAPSHOT_HASH_WORDS) throw new SnapshotError('The snapshot has the wrong length.');
  const [high, low] = hashWords(words.slice(0, end));
  if (words[end] !== high || words[end + 1] !== low) throw new SnapshotError('The snapshot is damaged.');
  const orders: Order[] = [];
  for (let at = SNAPSHOT_HEADER_WORDS; at < end; at += SNAPSHOT_ORDER_WORDS) {
    orders.push(readOrder(words.slice(at, at + SNAPSHOT_ORDER_WORDS), orders.length));
  }
  checkOrders(orders);
  return orders;
}

function readOrder(words: number[], arrival: number): Order {
  const [id = 0, price = 0, quantity = 0, tag = 0] = words;
  return {
    id,
    price,
    quantity,
    side: (tag & 1) === BUY ? BUY : SELL,
    stp: (tag >>> TAG_STP_SHIFT) & 3,
    postOnly: ((tag >>> TAG_POST_ONLY_SHIFT) & 1) === 1,
    owner: tag >>> TAG_OWNER_SHIFT,
    arrival,
  };
}

/** A snapshot with a right checksum that no book could have written is refused too. */
function checkOrders(orders: Order[]): void {
  const broken = (what: string) => new SnapshotError(`The snapshot is broken inside: ${what}.`);
  if (new Set(orders.map((order) => order.id)).size !== orders.length) throw broken('an id rests twice');
  orders.forEach((order, i) => {
    const { side, price, quantity } = order;
    if (price < 1 || price > 0x7fff_ffff || quantity < 1) throw broken('a price or quantity is out of range');
    const before = orders[i - 1];
    if (before === undefined) return;
    if (before.side > side) throw broken('an ask stands before a bid');
    const inOrder = side === BUY ? price <= before.price : before.side === BUY || price >= before.price;
    if (!inOrder) throw broken('levels are out of order');
  });
  const bid = orders.find((order) => order.side === BUY);
  const ask = orders.find((order) => order.side === SELL);
  if (bid !== undefined && ask !== undefined && bid.price >= ask.price) throw broken('the book is crossed');
}
