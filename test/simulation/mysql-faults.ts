import { type Fault, once } from "./fault.ts";
import { staticUser } from "./pools.ts";

/** What goes wrong with MySQL, and by the hand of its administrator. */
export const mysqlFaults = {
  "an account is dropped": {
    ...once(3),
    begin: async ({ truth, mysql }) => {
      const user = truth.userOf("rotating");
      if (user !== undefined && mysql.accounts.get(user)) {
        truth.droppedByHand.add(user);
        mysql.accounts.run(`DROP USER '${user}'@'%'`);
      }
      return undefined;
    },
  },
  "an account is locked": {
    ...once(3),
    begin: async ({ truth, mysql }) => {
      mysql.accounts.run(`ALTER USER '${truth.userOf("rotating")}'@'%' ACCOUNT LOCK`);
      return undefined;
    },
  },
  "the password of an account is changed": {
    ...once(2),
    begin: async ({ truth, mysql }) => {
      mysql.accounts.run(`ALTER USER '${truth.userOf("rotating")}'@'%' IDENTIFIED BY 'changed'`);
      return undefined;
    },
  },
  "the password of the static role is changed": {
    holds: "nothing",
    lasts: [20, 600],
    weight: 1,
    begin: async ({ truth, mysql, operator, drive }) => {
      mysql.accounts.run(`ALTER USER '${staticUser}'@'%' IDENTIFIED BY 'changed'`);
      truth.staticBroken = true;
      truth.look();
      return async () => void (await drive(operator.ask("POST", "database/rotate-role/report", {})));
    },
  },
  "sessions are killed": {
    ...once(3),
    begin: async ({ truth, mysql }) => {
      const user = truth.userOf("rotating");
      truth.cut();
      if (user !== undefined) mysql.killSessions(user);
      return undefined;
    },
  },
  "MySQL is killed": {
    ...mysql(4, [1, 240]),
    begin: async ({ mysql: server }) => {
      server.kill();
      return async () => server.start();
    },
  },
  "MySQL freezes": {
    ...mysql(3, [1, 120]),
    begin: async ({ mysql: server }) => {
      server.freeze();
      return async () => server.thaw();
    },
  },
  "MySQL is full": {
    ...mysql(2, [5, 300]),
    begin: async ({ mysql: server }) => {
      server.maxConnections = 1;
      return async () => {
        server.maxConnections = 151;
      };
    },
  },
  "MySQL moves as planned": {
    ...mysql(3, [360, 900]),
    begin: async (world) => {
      const old = world.port;
      const next = old + 1;
      world.mysql.ports.add(next);
      world.port = next;
      world.catalog.set("mysql", [{ id: "mysql", address: "127.0.0.1", port: next }]);
      return async () => {
        world.truth.cut();
        world.mysql.leave(old);
      };
    },
  },
  "MySQL moves when it died": {
    ...mysql(2, [2, 60]),
    begin: async (world) => {
      const next = world.port + 1;
      world.mysql.leave(world.port);
      return async () => {
        world.mysql.ports.add(next);
        world.port = next;
        world.catalog.set("mysql", [{ id: "mysql", address: "127.0.0.1", port: next }]);
      };
    },
  },
} as const satisfies Record<string, Fault>;

function mysql(weight: number, lasts: readonly [number, number]): Pick<Fault, "holds" | "lasts" | "weight"> {
  return { holds: "mysql", lasts, weight };
}
