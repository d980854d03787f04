import { ServersError } from "./errors.ts";
import { Place } from "./sandbox.ts";

const conflict = /address already in use|EADDRINUSE|Bind on TCP\/IP port/i;
const attempts = 5;

/**
 * Opens a place for a server and starts it there; when another program took one of its ports in the moment between,
 * tries again in a new place. A failed start leaves no place behind.
 */
export async function withPlace<T>(name: string, start: (place: Place) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const place = await Place.open(name);
    try {
      return await start(place);
    } catch (error) {
      await place.close();
      const again = error instanceof ServersError && error.code === "START_FAILED" && conflict.test(error.message);
      if (!again || attempt === attempts) throw error;
    }
  }
}
