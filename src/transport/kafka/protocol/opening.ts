/** SaslHandshake, ApiVersions and SaslAuthenticate, by their keys: what opens a connection, and needs no login. */
export const OPENING: ReadonlySet<number> = new Set([17, 18, 36]);
