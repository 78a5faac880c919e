// Arithmetic on numbers as they were written: 0.07 × 100 is 7 and 0.7 + 0.1 is 0.8, not their binary neighbours, which
// lie on the wrong side of a limit. Every result is the double nearest to the decimal result, for numbers of up to 15
// digits and 22 decimals; of longer ones, which nobody wrote by hand or read off a display, it is that of the machine.

/** `whole` / 10^`places`, and no shorter decimal is the same number. */
interface Decimal {
  readonly whole: number;
  readonly places: number;
}

/** Powers of ten up to here are exact, so that one multiplication or division by one rounds once. */
const placesMax = 22;
const powers = Array.from({ length: placesMax + 1 }, (_, exponent) => Number(`1e${exponent}`));
/** Below it neighbouring decimals are further apart than neighbouring doubles: the one found is the one written. */
const wholeMax = 2 ** 52;

export function addDecimal(a: number, b: number): number {
  // In this order, so that 0 and -0 give what stood first.
  if (b === 0) return a;
  if (a === 0) return b;
  const [x, y] = [decimalOf(a), decimalOf(b)];
  if (x === null || y === null) return a + b;
  const places = Math.max(x.places, y.places);
  const sum = x.whole * powers[places - x.places]! + y.whole * powers[places - y.places]!;
  return Math.abs(sum) < wholeMax && isWithin(x, places) && isWithin(y, places)
    ? sum / powers[places]!
    : a + b;
}

/** `value` × `times` × 10^`shift`; infinite when that is beyond all doubles. `times` is a whole number. */
export function scaleDecimal(value: number, times: number, shift: number): number {
  const decimal = decimalOf(value);
  const exponent = shift - (decimal?.places ?? 0);
  if (decimal === null || Math.abs(decimal.whole * times) > wholeMax || Math.abs(exponent) > placesMax)
    return value * times * 10 ** shift;
  const whole = decimal.whole * times;
  return exponent < 0 ? whole / powers[-exponent]! : whole * powers[exponent]!;
}

/** The whole number nearest to the decimal `value` × 1000; halves go up. */
export function thousandfoldRounded(value: number): number {
  const decimal = decimalOf(value);
  if (decimal === null) return Math.round(value * 1000);
  const { whole, places } = decimal;
  if (places <= 3) return whole * powers[3 - places]!;
  const unit = powers[places - 3]!;
  const above = ((whole % unit) + unit) % unit;
  return (whole - above) / unit + (2 * above >= unit ? 1 : 0);
}

function decimalOf(value: number): Decimal | null {
  for (let places = 0; places <= placesMax; places += 1) {
    const power = powers[places]!;
    const whole = Math.round(value * power);
    if (!(Math.abs(whole) < wholeMax)) return null;
    if (whole / power === value) return { whole, places };
  }
  return null;
}

/** Its whole number for `places` is exact as well. */
function isWithin(decimal: Decimal, places: number): boolean {
  return Math.abs(decimal.whole * powers[places - decimal.places]!) < wholeMax;
}
