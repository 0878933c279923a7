const TEXT = "x".repeat(180);

/** Of one size, about that of a chat message. */
export const sampleData = (sequence: number): { sequence: string; text: string } => ({
  sequence: String(sequence).padStart(10, "0"),
  text: TEXT,
});

/** What each process does unmeasured first, so that neither connecting nor compiling is part of the figures. */
export const WARM_UP_CALLS = 200;
