import { benchProgram } from "./run-program.ts";

benchProgram("join", "join() to the first query, against its network calls by hand");
