// Derived quantities (means, sums, slopes, limit × factor …) are rounded to 9 significant decimal digits before
// they are compared, so that every numerically stable algorithm takes the same decision. Measured values are not.

/** `value` to 9 significant digits; 0 when it is below 1e-12 × `scale` (the largest |v| that went into it). */
export function roundDerived(value: number, scale = 0): number {
  if (value === 0 || !Number.isFinite(value)) return value === 0 ? 0 : value;
  if (Math.abs(value) < scale * 1e-12) return 0;
  return Number(value.toPrecision(9));
}
