import type { Announcement } from "@minicluster/discovery";
import type { PartHealth } from "./health.ts";
import type { Part } from "./part.ts";

/** A registration in Consul. That Consul is away makes it degraded: whoever knows the instance still finds it. */
export class AnnouncePart implements Part {
  readonly announcement: Announcement;

  constructor(announcement: Announcement) {
    this.announcement = announcement;
  }

  health(): PartHealth {
    const { service, state, error } = this.announcement;
    const name = `announce:${service}`;
    if (state !== "registering") return { name, status: "passing" };
    return { name, status: "degraded", reason: error instanceof Error ? error.message : "not registered yet" };
  }

  async ready(options: { signal: AbortSignal }): Promise<void> {
    await this.announcement.ready(options);
  }

  async close(): Promise<void> {
    await this.announcement.close();
  }
}
