import { benchProgram } from "./run-program.ts";

benchProgram("rotation", "queries while the pool changes its account, against the steady time before");
