export interface SigningIdentity {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
}

/** Who makes the requests. These are the SDK's providers, which keep credentials until shortly before they expire. */
export interface CallerIdentity {
  credentials(options?: { forceRefresh?: boolean }): Promise<SigningIdentity>;
  region(): Promise<string>;
}

/** A line break that came with an environment variable would end the header, and with it the request. */
export const fitsHeader = (value: string): boolean => /^[\x21-\x7e]+$/.test(value);

/** Throws a TypeError for a value that cannot be sent in a header. */
export function assertSendable(values: Record<string, string | undefined>): void {
  for (const [name, value] of Object.entries(values)) {
    if (value && !fitsHeader(value)) throw new TypeError(`${name} has characters that no header can`);
  }
}
