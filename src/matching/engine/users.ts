import { DenseIds } from './dense-ids.ts';
import { IdIndex } from './id-index.ts';

/**
 * The users whose orders a symbol knows, by number: the book and the orders name them so. A number is free again when the last
 * order of its user is forgotten. Each has the list of its live orders, in order of entry.
 */
export class Users {
  readonly numbers: DenseIds;
  readonly #names: string[] = [];
  readonly #orders: number[] = [];
  readonly #first: number[] = [];
  readonly #last: number[] = [];
  readonly #index = new IdIndex({ isNamed: (number, id) => this.#names[number] === id });

  constructor(numbers = new DenseIds()) {
    this.numbers = numbers;
    for (let number = 0; number < numbers.next; number += 1) {
      this.#names.push('');
      this.#orders.push(0);
      this.#first.push(-1);
      this.#last.push(-1);
    }
  }

  /** The number of a user, or -1. */
  find(userId: string): number {
    return this.#index.find(userId);
  }

  /** One more order of this user is known; gives the user's number. */
  hold(userId: string): number {
    const known = this.#index.find(userId);
    if (known >= 0) {
      this.#orders[known]! += 1;
      return known;
    }
    const number = this.numbers.take();
    this.#place(number, userId, 1, -1, -1);
    return number;
  }

  #place(number: number, userId: string, orders: number, first: number, last: number): void {
    this.#names[number] = userId;
    this.#orders[number] = orders;
    this.#first[number] = first;
    this.#last[number] = last;
    this.#index.add(this.#index.hash(userId), number);
  }

  /** An order of this user is forgotten. */
  release(number: number): void {
    this.#orders[number]! -= 1;
    if (this.#orders[number] !== 0) return;
    this.#index.remove(this.#index.hash(this.name(number)), number);
    this.#names[number] = '';
    this.numbers.give(number);
  }

  name(number: number): string {
    return this.#names[number]!;
  }

  /** First and last of the user's live orders, -1 where there is none. */
  first(number: number): number {
    return this.#first[number]!;
  }

  last(number: number): number {
    return this.#last[number]!;
  }

  setFirst(number: number, handle: number): void {
    this.#first[number] = handle;
  }

  setLast(number: number, handle: number): void {
    this.#last[number] = handle;
  }

  /** Everything about the users as it stands now. */
  image(): UserImage[] {
    const users: UserImage[] = [];
    for (let number = 0; number < this.numbers.next; number += 1) {
      const orders = this.#orders[number]!;
      if (orders === 0) continue;
      users.push({ number, userId: this.name(number), orders, first: this.first(number), last: this.last(number) });
    }
    return users;
  }

  restore({ number, userId, orders, first, last }: UserImage): void {
    this.#place(number, userId, orders, first, last);
  }
}

export interface UserImage {
  number: number;
  userId: string;
  /** How many known orders are the user's. */
  orders: number;
  first: number;
  last: number;
}
