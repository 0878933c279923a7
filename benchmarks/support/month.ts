/** A month of a bill has 30 days here. */
export const MONTH_DAYS = 30;
export const MONTH_MINUTES: number = MONTH_DAYS * 24 * 60;
