const encoder = new TextEncoder();

export const encodeUtf8 = (text: string): Uint8Array => encoder.encode(text);

/** Returns how many bytes a text takes as UTF-8. */
export const utf8Length = (text: string): number => encoder.encode(text).byteLength;
