/** @file A tiny WebAssembly assembler, with the instructions the optimizer uses. Source: WebAssembly core specification 2.0, chapter 5. */

export type ValueType = "i32" | "f32" | "f64" | "v128";

/** Instructions that leave one value of type `T` on the stack. */
export interface Expr<T extends ValueType> {
  readonly type: T;
  readonly bytes: readonly number[];
}

/** Instructions that leave the stack as they found it. */
export type Statement = readonly number[];

export interface Local<T extends ValueType> {
  readonly index: number;
  readonly get: Expr<T>;
  readonly set: (value: Expr<T>) => Statement;
}

export interface WasmFunction {
  readonly name: string;
  readonly params: readonly ValueType[];
  readonly locals: readonly ValueType[];
  readonly results: readonly ValueType[];
  readonly body: readonly number[];
}

const TYPE_CODES: Readonly<Record<ValueType, number>> = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b };
const MAGIC_AND_VERSION = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const EMPTY_BLOCK = 0x40;
const END = 0x0b;

/** Unsigned LEB128: seven bits a byte, low bits first. */
export function unsignedLeb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return [...bytes, rest];
}

/** Signed LEB128 of a 32-bit integer: the last byte's bit 6 is the sign. */
export function signedLeb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest < -0x40 || rest > 0x3f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>= 7;
  }
  return [...bytes, rest & 0x7f];
}

function instruction<T extends ValueType>(type: T, opcode: readonly number[], ...operands: readonly Expr<ValueType>[]): Expr<T> {
  return { type, bytes: [...operands.flatMap((operand) => operand.bytes), ...opcode] };
}

const simd = (opcode: number): number[] => [0xfd, ...unsignedLeb(opcode)];

/** Alignment hint (as a power of two) and constant offset in bytes, as every memory instruction carries them. */
const memarg = (alignLog2: number, offset: number): number[] => [alignLog2, ...unsignedLeb(offset)];

const unary = <T extends ValueType>(type: T, opcode: readonly number[]) => (a: Expr<T>) => instruction(type, opcode, a);
const binary = <T extends ValueType>(type: T, opcode: readonly number[]) => (a: Expr<T>, b: Expr<T>) => instruction(type, opcode, a, b);

export const i32 = {
  const: (value: number) => instruction("i32", [0x41, ...signedLeb(value)]),
  add: binary("i32", [0x6a]),
  sub: binary("i32", [0x6b]),
  mul: binary("i32", [0x6c]),
};

export const f32 = { demote: (value: Expr<"f64">) => instruction("f32", [0xb6], value) };

export const f64 = {
  const: (value: number) => instruction("f64", [0x44, ...new Uint8Array(new Float64Array([value]).buffer)]),
  sqrt: unary("f64", [0x9f]),
  add: binary("f64", [0xa0]),
  sub: binary("f64", [0xa1]),
  mul: binary("f64", [0xa2]),
  div: binary("f64", [0xa3]),
};

export const v128 = {
  /** Four f32 from `address + offset`. */
  load: (address: Expr<"i32">, offset: number) => instruction("v128", [...simd(0x00), ...memarg(4, offset)], address),
  /** Two f32 from `address + offset` into the low half; the high half is zero. */
  load64: (address: Expr<"i32">, offset: number) => instruction("v128", [...simd(0x5d), ...memarg(3, offset)], address),
  store: (address: Expr<"i32">, offset: number, value: Expr<"v128">): Statement => [
    ...address.bytes,
    ...value.bytes,
    ...simd(0x0b),
    ...memarg(4, offset),
  ],
};

export const f32x4 = {
  splat: (value: Expr<"f32">) => instruction("v128", simd(0x13), value),
  sqrt: unary("v128", simd(0xe3)),
  add: binary("v128", simd(0xe4)),
  sub: binary("v128", simd(0xe5)),
  mul: binary("v128", simd(0xe6)),
  div: binary("v128", simd(0xe7)),
};

export const f64x2 = {
  /** The two low f32 lanes, widened exactly. */
  promoteLow: unary("v128", simd(0x5f)),
  lane: (value: Expr<"v128">, lane: 0 | 1) => instruction("f64", [...simd(0x21), lane], value),
  add: binary("v128", simd(0xf0)),
  mul: binary("v128", simd(0xf2)),
};

/** Sets `bytes` bytes from `address` on to zero. */
export function memoryZero(address: Expr<"i32">, bytes: Expr<"i32">): Statement {
  return [...address.bytes, ...i32.const(0).bytes, ...bytes.bytes, 0xfc, 0x0b, 0x00];
}

export function ifElse(condition: Expr<"i32">, whenTrue: readonly Statement[], whenFalse: readonly Statement[]): Statement {
  return [...condition.bytes, 0x04, EMPTY_BLOCK, ...whenTrue.flat(), 0x05, ...whenFalse.flat(), END];
}

/** Runs `body` while `counter` is not zero, taking `stride` off it each time; `counter` has to be a multiple of `stride`. */
export function countDown(counter: Local<"i32">, stride: number, body: readonly Statement[]): Statement {
  const decrease = counter.set(i32.sub(counter.get, i32.const(stride)));
  const loop = [0x03, EMPTY_BLOCK, ...body.flat(), ...decrease, ...counter.get.bytes, 0x0d, 0x00, END];
  return ifElse(counter.get, [loop], []);
}

/** Collects the parameters and locals of one exported function; `finish` closes it. */
export function functionBuilder(name: string) {
  const params: ValueType[] = [];
  const locals: ValueType[] = [];
  const slot = <T extends ValueType>(type: T, index: number): Local<T> => ({
    index,
    get: instruction(type, [0x20, ...unsignedLeb(index)]),
    set: (value) => [...value.bytes, 0x21, ...unsignedLeb(index)],
  });
  return {
    param<T extends ValueType>(type: T): Local<T> {
      if (locals.length > 0) throw new Error(`functionBuilder ${name}: parameters come before locals`);
      return slot(type, params.push(type) - 1);
    },
    local<T extends ValueType>(type: T): Local<T> {
      return slot(type, params.length + locals.push(type) - 1);
    },
    finish(statements: readonly Statement[], result?: Expr<ValueType>): WasmFunction {
      const body = [...statements.flat(), ...(result?.bytes ?? [])];
      return { name, params, locals, results: result === undefined ? [] : [result.type], body };
    },
  };
}

export type FunctionBuilder = ReturnType<typeof functionBuilder>;

const vector = (items: readonly (readonly number[])[]): number[] => [...unsignedLeb(items.length), ...items.flat()];
const sized = (bytes: readonly number[]): number[] => [...unsignedLeb(bytes.length), ...bytes];
const text = (value: string): number[] => sized([...new TextEncoder().encode(value)]);
const types = (values: readonly ValueType[]): number[] => vector(values.map((value) => [TYPE_CODES[value]]));

/** Module bytes that export `functions` and import their memory, of any size, as `host.memory`. */
export function moduleBytes(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const section = (id: number, items: readonly (readonly number[])[]) => [id, ...sized(vector(items))];
  const signatures = functions.map((fn) => [0x60, ...types(fn.params), ...types(fn.results)]);
  const memoryImport = [...text("host"), ...text("memory"), 0x02, 0x00, 0x00];
  const exported = functions.map((fn, index) => [...text(fn.name), 0x00, ...unsignedLeb(index)]);
  const bodies = functions.map((fn) => sized([...vector(fn.locals.map((type) => [1, TYPE_CODES[type]])), ...fn.body, END]));
  return new Uint8Array([
    ...MAGIC_AND_VERSION,
    ...section(1, signatures),
    ...section(2, [memoryImport]),
    ...section(3, functions.map((_, index) => unsignedLeb(index))),
    ...section(7, exported),
    ...section(10, bodies),
  ]);
}
