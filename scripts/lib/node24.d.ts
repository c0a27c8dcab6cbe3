export const root: string;
export const EXCHANGE_FLAGS: readonly string[];
export function node24(): string;
