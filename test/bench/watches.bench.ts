import { benchProgram } from "./run-program.ts";

benchProgram("watches", "the cost of a watched service, from 10 to 100, and connections beyond");
