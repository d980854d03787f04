import { benchProgram } from "./run-program.ts";

benchProgram("embedded-start", "how long an embedded cluster takes to start, and what it weighs");
