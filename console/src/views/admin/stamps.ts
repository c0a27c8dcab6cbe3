const stamp = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Seoul', dateStyle: 'short', timeStyle: 'medium' });

/** Day and time in market time (Asia/Seoul): `2026-11-21 15:04:05`. */
export function stampText(epochMs: number): string {
  return stamp.format(epochMs);
}
