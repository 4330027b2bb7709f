/**
 * The inner loop of the resamplers, eight taps a step, as a WebAssembly function of some 200 bytes: JavaScript has no
 * SIMD, and these sums are the largest single part of a call's CPU. Written out below, so that nothing has to be built.
 *
 *   convolve(x, taps, tapsEnd, count, step, out):      addresses and strides in bytes, count > 0
 *     do {
 *       even = odd = 0; t = taps; p = x
 *       do { even += load(p) * load(t); odd += load(p + 16) * load(t + 16); p += 32; t += 32 } while (t < tapsEnd)
 *       even += odd
 *       f32[out] = (even[0] + even[1]) + (even[2] + even[3])
 *       x += step; out += 4
 *     } while (--count)
 */
type Convolve = (x: number, taps: number, tapsEnd: number, count: number, step: number, out: number) => void;

const I32 = 0x7f;
const V128 = 0x7b;
const [X, TAPS, TAPS_END, COUNT, STEP, OUT, T, P, EVEN, ODD] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

const get = (local: number) => [0x20, local];
const set = (local: number) => [0x21, local];
const setAndKeep = (local: number) => [0x22, local];
const constant = (value: number) => [0x41, value];
const loop = [0x03, 0x40];
const repeatIf = [0x0d, 0];
const end = [0x0b];
const addInt = [0x6a];
const subtractInt = [0x6b];
const isLess = [0x49];
const addFloat = [0x92];
const storeFloat = [0x38, 2, 0];
const loadVector = (offset: number) => [0xfd, 0x00, 2, offset];
const zeroVector = [0xfd, 0x0c, ...new Array<number>(16).fill(0)];
const multiply = [0xfd, 0xe6, 0x01];
const add = [0xfd, 0xe4, 0x01];
const lane = (index: number) => [0xfd, 0x1f, index];
const advance = (local: number, bytes: number[]) => [...get(local), ...bytes, ...addInt];
const accumulate = (sum: number, offset: number) =>
  [get(sum), get(P), loadVector(offset), get(T), loadVector(offset), multiply, add, set(sum)].flat();

const BODY = [
  [2, 2, I32, 2, V128],
  loop,
  [...zeroVector, ...set(EVEN), ...zeroVector, ...set(ODD)],
  [...get(TAPS), ...set(T), ...get(X), ...set(P)],
  loop,
  accumulate(EVEN, 0),
  accumulate(ODD, 16),
  [...advance(P, constant(32)), ...set(P)],
  [...advance(T, constant(32)), ...setAndKeep(T), ...get(TAPS_END), ...isLess, ...repeatIf],
  end,
  [...get(EVEN), ...get(ODD), ...add, ...set(EVEN)],
  get(OUT),
  [...get(EVEN), ...lane(0), ...get(EVEN), ...lane(1), ...addFloat],
  [...get(EVEN), ...lane(2), ...get(EVEN), ...lane(3), ...addFloat, ...addFloat],
  storeFloat,
  [...advance(X, get(STEP)), ...set(X)],
  [...advance(OUT, constant(4)), ...set(OUT)],
  [...get(COUNT), ...constant(1), ...subtractInt, ...setAndKeep(COUNT), ...repeatIf],
  end,
  end,
].flat();

function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}
const section = (id: number, content: number[]) => [id, ...unsigned(content.length), ...content];
const name = (text: string) => [text.length, ...Buffer.from(text)];

const MODULE = Uint8Array.from([
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...section(1, [1, 0x60, 6, I32, I32, I32, I32, I32, I32, 0]),
  ...section(3, [1, 0]),
  ...section(5, [1, 0, 1]),
  ...section(7, [2, ...name('memory'), 2, 0, ...name('convolve'), 0, 0]),
  ...section(10, [1, ...unsigned(BODY.length), ...BODY]),
]);

/** What is used of the global, for which Node's own types have no values. */
interface WebAssemblyGlobal {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: { convolve: Convolve; memory: { buffer: ArrayBuffer } } };
}

const { Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyGlobal }).WebAssembly;
const { exports } = new Instance(new Module(MODULE));

/** The function, and its memory of 64 KB, which all converters use one after the other. */
export const { convolve } = exports;
export const kernelMemory: ArrayBuffer = exports.memory.buffer;
