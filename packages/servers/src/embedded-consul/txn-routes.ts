import type { Answer } from "./answer.ts";
import { ConsulFailure, notImplemented } from "./failure.ts";
import { JsonFault } from "./json-fault.ts";
import { limitedBody } from "./limited-body.ts";
import type { AgentRequest, Route } from "./route.ts";
import { readBody } from "./shape.ts";
import { runTxn, writes } from "./txn.ts";
import { type KvOperation, type TxnOperation, txnOperations } from "./txn-operation.ts";

const longestBytes = 524_288;
const mostOperations = 64;

/** https://developer.hashicorp.com/consul/api-docs/txn */
export const txnRoutes: readonly Route[] = [{ methods: ["PUT"], path: "/v1/txn", handle: transact }];

async function transact(request: AgentRequest): Promise<Answer> {
  const operations = kvOperations(await limitedBody(request, longestBytes, "txn_max_req_len"));
  if (writes(operations)) {
    const outcome = await request.write((state, index) => runTxn(operations, state, index));
    return { status: outcome.Errors ? 409 : 200, json: outcome };
  }
  const { state } = await request.servers();
  const outcome = runTxn(operations, state, state.index);
  return {
    status: outcome.Errors ? 409 : 200,
    json: { ...outcome, Index: 0, LastContact: 0, KnownLeader: true, ConsistencyLevel: "" },
    headers: { "X-Consul-KnownLeader": "true", "X-Consul-LastContact": "0" },
  };
}

/** @throws ConsulFailure 400, 413, 501 */
function kvOperations(body: Buffer): KvOperation[] {
  const operations = read(body);
  if (operations.length > mostOperations) {
    const count = `${operations.length} > ${mostOperations}`;
    throw new ConsulFailure(413, `Transaction contains too many operations (${count})`);
  }
  // An operation on nothing is passed over.
  return operations.flatMap(({ KV, ...others }) => {
    if (KV) return [KV];
    const kind = (["Node", "Service", "Check"] as const).find((name) => others[name] !== null);
    if (kind) throw notImplemented(`an operation on a ${kind} in /v1/txn`);
    return [];
  });
}

function read(body: Buffer): TxnOperation[] {
  try {
    return readBody(txnOperations, body);
  } catch (error) {
    if (error instanceof JsonFault) throw new ConsulFailure(400, `Failed to parse body: ${error.message}`);
    throw error;
  }
}
