/** Numbers in the user's locale. Quantities are units per bucket unless a heading says otherwise. */
const LOCALE = globalThis.navigator?.language;

function formats(locale: string | undefined) {
  const digits = (most: number, least = 0) =>
    new Intl.NumberFormat(locale, { maximumFractionDigits: most, minimumFractionDigits: least });
  return {
    whole: digits(0),
    tenths: digits(1),
    hundredths: digits(2),
    money: digits(2, 2),
    percent: new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 }),
    signed: new Intl.NumberFormat(locale, { maximumFractionDigits: 1, signDisplay: "exceptZero" }),
    signedPercent: new Intl.NumberFormat(locale, {
      style: "percent",
      maximumFractionDigits: 1,
      signDisplay: "exceptZero",
    }),
  };
}

export const NOTHING = "–";

export function numbers(locale: string | undefined = LOCALE) {
  const as = formats(locale);
  const unless = (format: Intl.NumberFormat) => (value: number | null | undefined) =>
    value === null || value === undefined || Number.isNaN(value) ? NOTHING : format.format(value);
  return {
    /** A count of things. */
    count: unless(as.whole),
    /** Units: hundredths below ten, tenths below a hundred, whole ones above. */
    units: (value: number | null | undefined) =>
      unless(Math.abs(value ?? 0) < 10 ? as.hundredths : Math.abs(value ?? 0) < 100 ? as.tenths : as.whole)(value),
    /** Units more or less, with their sign. */
    change: unless(as.signed),
    money: unless(as.money),
    /** A share, 0.2 as 20 %. */
    share: unless(as.percent),
    signedShare: unless(as.signedPercent),
  };
}

export const { count, units, change, money, share, signedShare } = numbers();
