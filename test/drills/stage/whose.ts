/** Whether services are the peer's in place of ours (MINICLUSTER_DRILL_PEER=1): its failures are counted, nothing is held against it. */
export const peer: boolean = process.env["MINICLUSTER_DRILL_PEER"] === "1";
