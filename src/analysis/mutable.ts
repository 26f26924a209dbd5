/** A model type while a parser gathers its fields. */

/** `T` with all its fields writable. */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] };
