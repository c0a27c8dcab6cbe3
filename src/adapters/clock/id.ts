/** Digits in ASCII order, so that text order is number order. */
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const BASE = DIGITS.length;

const TIME_DIGITS = 8;
const COUNTER_DIGITS = 3;
const RANDOM_DIGITS = 11;
const COUNTER_END = BASE ** COUNTER_DIGITS;

/**
 * Ids of 22 characters: 8 of epoch milliseconds, 3 of a counter within the millisecond, 11 random (65 bits).
 * Ids of one maker ascend strictly, also when the clock stands still or goes back. The counter starts at a random
 * value in the lower half, so that two makers seldom share a prefix and one maker has 119,000 ids a millisecond.
 */
export class IdMaker {
  readonly #now: () => number;
  readonly #randomByte: () => number;
  #time = -1;
  #counter = 0;
  #timeText = '';

  constructor(now: () => number, randomByte: () => number) {
    this.#now = now;
    this.#randomByte = randomByte;
  }

  next(): string {
    const now = Math.floor(this.#now());
    this.#counter++;
    if (now > this.#time) this.#startMillisecond(now);
    else if (this.#counter === COUNTER_END) this.#startMillisecond(this.#time + 1);
    let id = this.#timeText + digits(this.#counter, COUNTER_DIGITS);
    for (let i = 0; i < RANDOM_DIGITS; i++) id += DIGITS[this.#digit()];
    return id;
  }

  #startMillisecond(time: number): void {
    this.#time = time;
    this.#timeText = digits(time, TIME_DIGITS);
    this.#counter = Math.floor((this.#digit() * BASE ** 2 + this.#digit() * BASE + this.#digit()) / 2);
  }

  /** Uniform in 0..61: six random bits, drawn again when they are past the last digit. */
  #digit(): number {
    let bits = this.#randomByte() & 63;
    while (bits >= BASE) bits = this.#randomByte() & 63;
    return bits;
  }
}

function digits(value: number, width: number): string {
  let text = '';
  for (let rest = value, i = 0; i < width; i++) {
    text = DIGITS[rest % BASE] + text;
    rest = Math.floor(rest / BASE);
  }
  return text;
}
