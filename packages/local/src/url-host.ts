/** Formats an address for a URL: an IPv6 address gets brackets. */
export const urlHost = (host: string): string => (host.includes(":") ? `[${host}]` : host);
