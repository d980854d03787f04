// The todo service by hand, with a password that never changes. It takes what it needs from the environment, as the other
// one does.
import { createServer } from "node:http";
import mysql from "mysql2/promise";
import { todoByHand } from "../load/todo-by-hand.mjs";

const { BIND = "127.0.0.1:0", MYSQL_URL = "" } = process.env;
const [host = "", port] = BIND.split(":");
const pool = mysql.createPool({ uri: MYSQL_URL, connectionLimit: 10 });
createServer(await todoByHand(pool)).listen(Number(port), host);
process.on("SIGTERM", () => process.exit(0));
