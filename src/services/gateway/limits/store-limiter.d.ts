/** The package types its base class for stores at its root but keeps it in this file. */
declare module 'rate-limiter-flexible/lib/RateLimiterStoreAbstract.js' {
  import type { RateLimiterStoreAbstract } from 'rate-limiter-flexible';
  const base: typeof RateLimiterStoreAbstract;
  export default base;
}
