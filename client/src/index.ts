export type * from '../../src/domain/messages.ts';
export type * from '../../src/domain/order.ts';
export * from './rest.ts';
export * from './stream.ts';
