import { benchProgram } from "./run-program.ts";

benchProgram("resolve", "resolve() against a look-up by HTTP and by DNS");
