import fc from 'fast-check';

/**
 * Properties are tried on the same values in every run, so that a change is judged by what it changes and not by luck.
 * PROPERTY_SEED=7 tries others, PROPERTY_SEED=new those of the moment (a failure prints its seed).
 */
const asked = process.env.PROPERTY_SEED ?? '1';
const seed = asked === 'new' ? Date.now() % 2 ** 31 : Number(asked);
if (!Number.isSafeInteger(seed)) throw new Error(`PROPERTY_SEED is a number or "new", not ${asked}`);

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });
