/**
 * The nonce that a client chooses for its connection and sends with its messages. The server repeats it in every frame to
 * that connection. Nobody else knows it, so no published text can pass for a frame of the server
 * (docs/decisions/0023-nonce-of-a-connection.md).
 */

/** Our own limits. The shortest nonce of our client has 7 characters; a UUID has 36. */
const NONCE_LENGTH_MIN = 7;
const NONCE_LENGTH_MAX = 64;

/** What a nonce must be, for messages of errors. */
export const NONCE_EXPECTED: string = `${NONCE_LENGTH_MIN} to ${NONCE_LENGTH_MAX} of A-Z, a-z, 0-9, ".", "_" and "-"`;

const NONCE = new RegExp(`^[\\w.-]{${NONCE_LENGTH_MIN},${NONCE_LENGTH_MAX}}$`);

/** Whether the value can be a nonce. A nonce needs no escape in JSON, and takes a byte for each character. */
export const isNonce = (value: unknown): value is string => typeof value === "string" && NONCE.test(value);

/** What follows the fields of a frame for a connection with this nonce. */
export const nonceTail = (nonce: string): string => `,"nonce":"${nonce}"}`;

/** How many bytes a nonce adds to a frame at most: the tail instead of a brace. */
export const NONCE_BYTES_MAX: number = nonceTail("x".repeat(NONCE_LENGTH_MAX)).length - 1;
