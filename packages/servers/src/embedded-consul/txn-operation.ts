import type { GoValue } from "./go-json.ts";
import { GoNumber } from "./go-json.ts";
import { list, named, optional, type Shape, string, struct } from "./shape.ts";

/** A step on a key. */
export interface KvOperation {
  Verb: string;
  Key: string;
  Value: Buffer;
  Flags: bigint;
  Index: bigint;
  Session: string;
  Namespace: string;
}

/** One of a transaction: Consul looks at the first of these that is there. */
export interface TxnOperation {
  KV: KvOperation | undefined;
  Node: GoValue;
  Service: GoValue;
  Check: GoValue;
}

const anything: Shape<GoValue> = { goType: "interface {}", zero: () => null, read: (value) => value };

const uint64: Shape<bigint> = {
  goType: "uint64",
  zero: () => 0n,
  read: (value, reading) => {
    if (value instanceof GoNumber) {
      if (/^\d+$/.test(value.text) && BigInt(value.text) < 2n ** 64n) return BigInt(value.text);
      reading.mismatch(value, "uint64", `number ${value.text}`);
    } else reading.mismatch(value, "uint64");
    return 0n;
  },
};

/** Base64, with its padding. */
const bytes: Shape<Buffer> = {
  goType: "[]uint8",
  zero: () => Buffer.alloc(0),
  read: (value, reading) => {
    if (typeof value !== "string") {
      reading.mismatch(value, "[]uint8");
      return Buffer.alloc(0);
    }
    const text = value.replace(/[\r\n]/g, "");
    if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) {
      const at = text.search(/[^A-Za-z0-9+/]/);
      reading.save(`illegal base64 data at input byte ${at < 0 ? text.length - (text.length % 4) : at}`);
    }
    return Buffer.from(text, "base64");
  },
};

const kvOperation: Shape<KvOperation> = struct(
  { goType: "api.KVTxnOp" },
  {
    Verb: named("api.KVOp"),
    Key: string,
    Value: bytes,
    Flags: uint64,
    Index: uint64,
    Session: string,
    Namespace: string,
  },
);

const operations: Shape<TxnOperation[] | undefined> = list(
  struct({ goType: "api.TxnOp" }, { KV: optional(kvOperation), Node: anything, Service: anything, Check: anything }),
);

/** The body of a transaction. */
export const txnOperations: Shape<TxnOperation[]> = {
  goType: "api.TxnOps",
  zero: () => [],
  read: (value, reading) => {
    if (Array.isArray(value)) return operations.read(value, reading) ?? [];
    reading.mismatch(value, "api.TxnOps");
    return [];
  },
};
