/**
 * Runs `work` with what was started, and closes it whatever comes of it: `await using`, which Node 20 can't read.
 *
 * @template {{ close(): Promise<unknown> }} S
 * @template T
 * @param {Promise<S>} started
 * @param {(server: S) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withServer(started, work) {
  const server = await started;
  try {
    return await work(server);
  } finally {
    await server.close();
  }
}
