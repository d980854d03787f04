import { benchProgram } from "./run-program.ts";

benchProgram("embedded-scale", "the time of an operation with 10 to 10,000 of its kind there");
