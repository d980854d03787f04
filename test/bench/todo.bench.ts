import { benchProgram } from "./run-program.ts";

benchProgram("todo", "todo against the same handlers written by hand");
