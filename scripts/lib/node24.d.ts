export const root: string;
export const EXCHANGE_FLAGS: readonly string[];
export function exchangeEnv(env?: NodeJS.ProcessEnv): NodeJS.ProcessEnv;
export function node24(): string;
