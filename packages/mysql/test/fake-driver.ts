import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import mysql2 from "mysql2";
import type { DriverCommand, MysqlDriver } from "../src/driver.ts";

/** mysql2 without a server: connections open, answer and fail when the test says so, so that time can stand still. */
export class FakeDriver {
  readonly connections: FakeConnection[] = [];
  /** Connections open by themselves. */
  open = true;
  /** Whether sockets stay at connecting. */
  connecting = false;
  /** What a connect fails with instead. */
  refusal: Error | undefined;

  get module(): MysqlDriver {
    const createConnection = (options: object): object => {
      const connection = new FakeConnection(options as { user: string });
      Object.assign(connection.stream, { connecting: this.connecting });
      this.connections.push(connection);
      if (this.refusal) setImmediate(() => connection.emit("error", this.refusal));
      else if (this.open) setImmediate(() => connection.emit("connect"));
      return connection;
    };
    return { ...(mysql2 as unknown as MysqlDriver), createConnection };
  }

  get live(): FakeConnection[] {
    return this.connections.filter(({ stream }) => !stream.destroyed);
  }
}

class FakeStream extends EventEmitter {
  destroyed = false;
  bytesRead = 0;
  bytesWritten = 0;

  isPaused(): boolean {
    return false;
  }

  destroy(error?: Error): this {
    if (this.destroyed) return this;
    this.destroyed = true;
    setImmediate(() => {
      if (error) this.emit("error", error);
      this.emit("close");
    });
    return this;
  }
}

export class FakeConnection extends EventEmitter {
  readonly stream: Socket = new FakeStream() as unknown as Socket;
  readonly config: { user: string; password?: unknown };
  readonly threadId = 1;
  _command: DriverCommand | undefined = undefined;

  constructor(config: { user: string }) {
    super();
    this.config = { ...config };
    this.stream.on("error", (error: unknown) => {
      const command = this._command;
      command?.onResult?.(error);
      this._command = undefined;
      this.emit("error", error);
    });
  }

  addCommand(command: DriverCommand): DriverCommand {
    this._command = command;
    return command;
  }

  query(command: DriverCommand): DriverCommand {
    return this.addCommand(command);
  }

  /** The answer to what is under way. */
  answer(error: unknown = null, rows: unknown = []): void {
    const command = this._command;
    this._command = undefined;
    if (!command) throw new Error("nothing is under way");
    command.onResult?.(error, rows, []);
    command.emit("end");
  }

  ping(callback: (error: unknown) => void): void {
    setImmediate(callback, null);
  }

  changeUser(): void {}
  reset(callback: (error: unknown) => void): void {
    setImmediate(callback, null);
  }

  end(): void {
    this.stream.destroy();
  }

  destroy(): void {
    this.stream.destroy();
  }
}
