import type { DriverCommand, DriverConnection } from "./driver.ts";

/** What a connection does with the pool's help instead of by itself. */
export interface FaceOwner {
  /** Its borrower gives it back. */
  giveBack(): void;
  /** Its borrower wants it destroyed. */
  destroy(): void;
  /** Its borrower changes its account. */
  changingUser(): void;
  /** Every statement, just before mysql2 takes it. */
  sending(command: DriverCommand): void;
}

type AddCommand = DriverConnection["addCommand"];

const owner: unique symbol = Symbol("owner");
const closedAdd: unique symbol = Symbol("closedAdd");

interface Faced extends DriverConnection {
  [owner]: FaceOwner;
  [closedAdd]: AddCommand | undefined;
}

const faces = new WeakMap<DriverConnection, DriverConnection>();

/**
 * Gives an open mysql2 connection `release`, `end`, `destroy` and `changeUser` of the pool's. They lie between the
 * connection and its class, one object for all connections, and are put there when mysql2 has added its last property:
 * so that V8 sees connections of one shape, which is what makes every step of mysql2 quick.
 *
 * @returns mysql2's own `end`
 */
export function putFace(raw: DriverConnection, face: FaceOwner): DriverConnection["end"] {
  const driver: DriverConnection = Object.getPrototypeOf(raw);
  let between = faces.get(driver);
  if (!between) {
    between = faceOver(driver);
    faces.set(driver, between);
  }
  Object.assign(raw, { [owner]: face, [closedAdd]: undefined });
  Object.setPrototypeOf(raw, between);
  return driver.end.bind(raw);
}

function faceOver(driver: DriverConnection): DriverConnection {
  const methods: ThisType<Faced> & Partial<DriverConnection> = {
    release() {
      this[owner].giveBack();
    },
    end(callback) {
      this[owner].giveBack();
      callback?.();
    },
    destroy() {
      this[owner].destroy();
    },
    changeUser(...args) {
      this[owner].changingUser();
      return driver.changeUser.apply(this, args);
    },
    [Symbol.dispose]() {
      this[owner].giveBack();
    },
    // mysql2 assigns another addCommand once the connection is over: what it assigns is what we call.
    get addCommand() {
      return addCommand;
    },
    set addCommand(replacement: AddCommand) {
      this[closedAdd] = replacement;
    },
  };
  function addCommand(this: Faced, command: DriverCommand): DriverCommand {
    this[owner].sending(command);
    return (this[closedAdd] ?? driver.addCommand).call(this, command);
  }
  return Object.create(driver, Object.getOwnPropertyDescriptors(methods));
}
