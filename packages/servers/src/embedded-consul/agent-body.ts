import { ConsulFailure } from "./failure.ts";
import { JsonFault } from "./json-fault.ts";
import type { AgentRequest } from "./route.ts";
import { readBody, type Shape } from "./shape.ts";

/**
 * What the JSON body of a request holds.
 *
 * @throws ConsulFailure 400 with what Go's decoder would say
 */
export async function bodyOf<T>(request: AgentRequest, shape: Shape<T>): Promise<T> {
  const body = await request.body();
  try {
    return readBody(shape, body);
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    throw new ConsulFailure(400, `Request decode failed: ${error.message}`);
  }
}
