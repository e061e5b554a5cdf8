/** @file An interval for a share that holds at 0 and 1, too. */

/** The 97.5 % quantile of the standard normal distribution. */
const Z = 1.959964;

/**
 * 95 % interval of a share by Wilson's score.
 *
 * Source: Wilson 1927, Probable Inference, the Law of Succession, and Statistical Inference, JASA 22.
 *
 * @param count how many of `of` trials came true
 * @throws RangeError unless 0 ≤ count ≤ of and 1 ≤ of
 */
export function wilsonInterval(count: number, of: number): [low: number, high: number] {
  if (!(of >= 1 && count >= 0 && count <= of)) throw new RangeError(`wilsonInterval: got ${count} of ${of}, expected 0 to 1 or more trials`);
  const share = count / of;
  const middle = share + Z ** 2 / (2 * of);
  const reach = Z * Math.sqrt((share * (1 - share)) / of + Z ** 2 / (4 * of ** 2));
  const scale = 1 + Z ** 2 / of;
  return [Math.max(0, (middle - reach) / scale), Math.min(1, (middle + reach) / scale)];
}
